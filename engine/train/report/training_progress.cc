#include "engine/train/report/training_progress.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"

namespace avocet {
namespace {

constexpr double kKept = 0.95;  // of the old at each step: 1 / (1 - 0.95) = 20 steps

}  // namespace

void TrainingProgress::Average::Add(double value) {
  if (!std::isfinite(sum_)) sum_ = weight_ = 0;  // one bad value must not stay for good
  sum_ = kKept * sum_ + value;
  weight_ = kKept * weight_ + 1;
}

void TrainingProgress::Start(const RunFacts& facts) {
  epochs_ = facts.epochs;
  steps_per_epoch_ = std::max<std::int64_t>(1, facts.steps_per_epoch);
  step_ = facts.steps_done;
}

void TrainingProgress::AddStep(const StepFacts& step) {
  step_ = step.step;
  loss_.Add(step.loss);
  top1_.Add(step.top1);
  images_.Add(step.images);
  seconds_.Add(step.seconds);
  wait_.Add(step.wait_seconds);
  epoch_seconds_ += step.seconds;
}

void TrainingProgress::AddEpoch(const EpochFacts& epoch) {
  validation_seconds_ = std::max(0.0, epoch.seconds - epoch_seconds_);
  epoch_seconds_ = 0;
}

std::int64_t TrainingProgress::step_in_epoch() const {
  return step_ == 0 ? 0 : (step_ - 1) % steps_per_epoch_ + 1;
}

double TrainingProgress::images_per_second() const {
  return seconds_.value() > 0 ? images_.value() / seconds_.value() : 0;
}

double TrainingProgress::wait_share() const {
  return seconds_.value() > 0 ? wait_.value() / seconds_.value() : 0;
}

double TrainingProgress::seconds_left() const {
  if (seconds_.empty()) return -1;
  const std::int64_t steps = std::max<std::int64_t>(0, epochs_ * steps_per_epoch_ - step_);
  const std::int64_t validations = (steps + steps_per_epoch_ - 1) / steps_per_epoch_;
  return static_cast<double>(steps) * seconds_.value() +
         static_cast<double>(validations) * validation_seconds_;
}

std::string FormatDuration(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::llround(std::max(0.0, seconds)));
  const std::int64_t hours = whole / 3600;
  if (hours >= 48) return absl::StrFormat("%d d %02d h", hours / 24, hours % 24);
  const std::int64_t minutes = whole / 60 % 60;
  if (hours > 0) return absl::StrFormat("%d:%02d:%02d", hours, minutes, whole % 60);
  return absl::StrFormat("%d:%02d", minutes, whole % 60);
}

}  // namespace avocet
