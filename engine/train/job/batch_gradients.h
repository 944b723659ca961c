// The backward pass of a whole batch.
#ifndef AVOCET_ENGINE_TRAIN_JOB_BATCH_GRADIENTS_H_
#define AVOCET_ENGINE_TRAIN_JOB_BATCH_GRADIENTS_H_

#include <cstdint>

#include "engine/graph/parameters.h"
#include "engine/train/data/batch.h"
#include "engine/train/job/phase.h"

namespace avocet {

struct BatchGradients {
  double loss = 0;           // mean over the images of this process
  std::int64_t correct = 0;  // images whose largest logit is that of their main label
};

// Leaves in the gradients of the phase's plan those of the mean loss over this process's share of
// the batch, computed part by part; with a group, their sum over its members, which is made while
// the last part goes backward. `step` and the seed choose the masks of dropout: other ones for
// every part and process, the same ones after a resume.
BatchGradients ComputeGradients(const PhaseInputs& inputs, const Batch& batch, std::int64_t step,
                                Parameters& parameters, Phase& phase);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_JOB_BATCH_GRADIENTS_H_
