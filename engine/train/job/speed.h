// How long a run will take, as far as its arithmetic goes.
#ifndef AVOCET_ENGINE_TRAIN_JOB_SPEED_H_
#define AVOCET_ENGINE_TRAIN_JOB_SPEED_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "engine/train/job/phase.h"

namespace avocet {

// Epochs with the same parts frozen, from now or from the change on.
struct PhaseSpeed {
  std::int64_t first_epoch = 0;  // counts from 0
  std::int64_t epochs = 0;       // of them ahead
  double step_seconds = 0;
  double epoch_seconds = 0;  // with its validation
  // Of the passes through a frozen backbone, which the epochs share; 0: it runs in every step.
  double features_seconds = 0;

  double seconds() const { return features_seconds + static_cast<double>(epochs) * epoch_seconds; }
};

struct Speed {
  PhaseSpeed now;
  std::optional<PhaseSpeed> later;  // after everything begins to move
};

// Epochs from `first_epoch` on with the same parts frozen as in that one.
std::int64_t EpochsAlike(const train::v1::TrainingConfig& config, std::int64_t first_epoch);

// Images of this process that pass through the frozen backbone of `phase` for so many epochs.
std::int64_t ImagesThroughBackbone(const PhaseInputs& inputs, const Phase& phase,
                                   std::int64_t epochs);

// Measures a few steps of a phase that begins with `first_epoch`. `parameters` stay as they are.
absl::StatusOr<PhaseSpeed> MeasurePhase(const PhaseInputs& inputs, std::int64_t first_epoch,
                                        std::int64_t steps_per_epoch, Parameters& parameters,
                                        Phase& phase);

// "410 images/s expected; an epoch takes about 9 s, what is left about 1 min", and what of it is
// computed once, or begins later.
std::string SpeedText(const Speed& speed, int batch_size);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_JOB_SPEED_H_
