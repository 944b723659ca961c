// One run: from initial values, or from where an earlier process stopped, to the last epoch.
#ifndef AVOCET_ENGINE_TRAIN_JOB_TRAINER_H_
#define AVOCET_ENGINE_TRAIN_JOB_TRAINER_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/metrics/classification_scores.h"
#include "engine/train/job/batch_gradients.h"
#include "engine/train/job/network_setup.h"
#include "engine/train/job/phase.h"
#include "engine/train/job/run_folder.h"
#include "engine/train/job/skipped_images.h"
#include "engine/train/job/speed.h"
#include "engine/train/job/training_state.h"
#include "engine/train/optim/moving_average.h"
#include "engine/train/optim/optimizer.h"
#include "engine/train/optim/schedule.h"
#include "engine/train/report/run_observer.h"
#include "engine/train/report/worst_mistakes.h"

namespace avocet {

// Outlive the trainer.
struct TrainerInputs {
  PhaseInputs phase;
  TrainedNetwork* network;  // its parameters are trained
  RunFolder* folder;        // null in processes that do not write: all but the first
  RunObserver* observer;    // of this process
};

// With several processes each makes the same calls, and gets the same statuses: an error of one
// that the others cannot learn of ends them all.
class Trainer {
 public:
  static absl::StatusOr<std::unique_ptr<Trainer>> Create(const TrainerInputs& inputs);

  // Goes on where the folder's last checkpoint is, if there is one, and gives all processes the
  // state of the first. Before anything else.
  absl::Status Begin();
  const Progress& progress() const { return progress_; }
  // Whether there is nothing left to train: the last epoch is done, or there was no better one for
  // as long as the run has patience.
  bool AtEnd() const { return progress_.epoch >= config_.run().epochs() || OutOfPatience(); }
  std::int64_t steps_per_epoch() const { return steps_per_epoch_; }

  // Compiles what the epochs ahead need, and measures it. Moves nothing.
  absl::StatusOr<Speed> Measure();

  // Until AtEnd, or a stop from outside (CANCELLED, with a checkpoint to resume from). The scores
  // are of the finished weights. FAILED_PRECONDITION when the loss is no number any more.
  absl::Status Run(RunResult& result);

  // The weights that are validated and saved: the moving average, if there is one.
  const Parameters& finished() const;
  // Images that this process could not read so far.
  const SkippedByName& skipped();

 private:
  explicit Trainer(const TrainerInputs& inputs);

  // What all processes know after the backward pass of a step.
  struct Outcome {
    BatchGradients batch;  // over all of them
    bool stop;
    bool save;
  };

  TrainingState State();
  absl::Status EnterPhase();
  absl::Status RunEpoch();
  Outcome SumOutcome(const BatchGradients& own) const;
  absl::StatusOr<Outcome> Learn(const Batch& batch, StepFacts& facts);
  // Gives batch norms, which see the images of one process each, the mean of their statistics.
  void JoinStatistics();
  absl::Status EndEpoch();
  absl::Status Save(bool best);
  bool OutOfPatience() const {
    const int patience = config_.run().early_stopping();
    return patience > 0 && progress_.epochs_without_better >= patience;
  }
  // CANCELLED, with what tells the user where.
  absl::Status Stopped() const;
  absl::Status SaveAndStop();

  TrainerInputs inputs_;
  const train::v1::TrainingConfig& config_;
  TrainedNetwork& network_;
  Parameters& parameters_;
  std::int64_t steps_per_epoch_ = 0;
  ScheduleOptions schedule_;
  std::unique_ptr<Optimizer> optimizer_;
  std::unique_ptr<MovingAverage> average_;
  Progress progress_;
  std::optional<Phase> phase_;
  std::string data_identity_;  // of those who read and write checkpoints
  SkippedByName skipped_;      // in the phases before the one at hand, at least

  using Clock = std::chrono::steady_clock;
  Clock::time_point saved_ = Clock::now();
  Clock::time_point epoch_began_ = Clock::now();
  double epoch_wait_seconds_ = 0;
  std::int64_t epoch_images_before_ = 0;  // that an earlier process learnt from
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_JOB_TRAINER_H_
