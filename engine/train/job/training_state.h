// Where a run stands: all that the next step depends on.
#ifndef AVOCET_ENGINE_TRAIN_JOB_TRAINING_STATE_H_
#define AVOCET_ENGINE_TRAIN_JOB_TRAINING_STATE_H_

#include <cstdint>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/collective.h"
#include "engine/graph/parameter_spec.h"
#include "engine/graph/parameters.h"

namespace avocet {

// Numbers that a run counts. Random numbers and the learning rate are functions of these and of the
// seed.
struct Progress {
  std::int64_t step = 0;   // steps done
  std::int64_t epoch = 0;  // epochs done
  std::int64_t batch = 0;  // batches done of the epoch that runs
  std::int64_t average_updates = 0;

  // Of the epoch that runs.
  double loss_sum = 0;  // times images
  std::int64_t correct = 0;
  std::int64_t images = 0;

  double best_top1 = -1;  // of all validations, in [0, 1]; negative: none
  std::int64_t best_epoch = 0;
  std::int64_t epochs_without_better = 0;
};

// Points to what a checkpoint holds.
struct TrainingState {
  Progress* progress;
  std::span<const ParameterSpec> parameter_specs;
  Parameters* parameters;
  Parameters* average;  // null: none is kept
  std::span<const ParameterSpec> optimizer_specs;
  Parameters* optimizer;
  // What the run trains on, told apart (IdentityOf in data_identity.h); empty: not looked at.
  std::string data = {};
};

// Writes the file `path`, whole or not at all.
absl::Status WriteTrainingState(const std::string& path, const TrainingState& state);

// Reads it back, bit for bit. INVALID_ARGUMENT if it is damaged or of another network or optimizer,
// FAILED_PRECONDITION if it is of other data; states of earlier versions do not tell theirs.
absl::Status ReadTrainingState(const std::string& path, const TrainingState& state);

// Gives every member the state of rank 0, bit for bit.
void BroadcastTrainingState(Collective& group, const TrainingState& state);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_JOB_TRAINING_STATE_H_
