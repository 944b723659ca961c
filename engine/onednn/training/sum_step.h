// The sum of two tensors, as a row step.
#ifndef AVOCET_ENGINE_ONEDNN_TRAINING_SUM_STEP_H_
#define AVOCET_ENGINE_ONEDNN_TRAINING_SUM_STEP_H_

#include <string>

#include "engine/base/shape.h"
#include "engine/onednn/row_step.h"

namespace avocet {

// dst = left + right, all of `shape`, channels last and of one type.
RowStep SumStep(const std::string& name, const Shape& shape, const TensorRef& left,
                const TensorRef& right, const TensorRef& dst);

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_TRAINING_SUM_STEP_H_
