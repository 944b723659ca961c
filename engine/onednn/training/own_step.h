// Row steps of this folder's own kernels.
#ifndef AVOCET_ENGINE_ONEDNN_TRAINING_OWN_STEP_H_
#define AVOCET_ENGINE_ONEDNN_TRAINING_OWN_STEP_H_

#include <string>

#include "engine/base/shape.h"
#include "engine/onednn/row_step.h"

namespace avocet {

// A step over the rows of tensors of `shape`, by kernels of Highway; its tensors and functions are
// still to be set.
inline RowStep OwnStep(const std::string& name, const Shape& shape) {
  RowStep step;
  step.name = name;
  step.implementation = "own:highway";
  step.rows = shape.n * shape.h;
  return step;
}

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_TRAINING_OWN_STEP_H_
