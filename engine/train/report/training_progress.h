// How far a run is, smoothed for people.
#ifndef AVOCET_ENGINE_TRAIN_REPORT_TRAINING_PROGRESS_H_
#define AVOCET_ENGINE_TRAIN_REPORT_TRAINING_PROGRESS_H_

#include <cstdint>
#include <string>

#include "engine/train/report/run_observer.h"

namespace avocet {

// Fed with what a RunObserver hears.
class TrainingProgress {
 public:
  void Start(const RunFacts& facts);
  void AddStep(const StepFacts& step);
  void AddEpoch(const EpochFacts& epoch);

  int epochs() const { return epochs_; }
  std::int64_t steps_per_epoch() const { return steps_per_epoch_; }
  // Within the current epoch, from 1.
  std::int64_t step_in_epoch() const;

  // Moving averages over the last 20 steps or so.
  double loss() const { return loss_.value(); }
  double top1() const { return top1_.value(); }
  double images_per_second() const;
  double wait_share() const;  // of the time, waiting for data: 0 to 1

  // Seconds to the end, validations included once one has been seen. Negative: not known yet.
  double seconds_left() const;

 private:
  // An exponential average that begins with the first value.
  class Average {
   public:
    void Add(double value);
    double value() const { return weight_ == 0 ? 0 : sum_ / weight_; }
    bool empty() const { return weight_ == 0; }

   private:
    double sum_ = 0;
    double weight_ = 0;
  };

  int epochs_ = 0;
  std::int64_t steps_per_epoch_ = 1;
  std::int64_t step_ = 0;
  Average loss_;
  Average top1_;
  Average images_;
  Average seconds_;
  Average wait_;
  double epoch_seconds_ = 0;       // of the steps of the current epoch
  double validation_seconds_ = 0;  // of the last epoch
};

// "2:05" for 125 seconds, "1:00:00" for an hour, "3 d 04 h" beyond two days.
std::string FormatDuration(double seconds);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_REPORT_TRAINING_PROGRESS_H_
