#include "engine/train/report/tensorboard.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <vector>

namespace avocet {

double WallTime() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

void TensorBoard::OnStart(const RunFacts& facts) {
  const double now = wall_time_();
  absl::StatusOr<EventFile> file = EventFile::Create(folder_, now);
  if (!file.ok()) return Check(file.status());
  file_ = *std::move(file);
  if (facts.steps_done > 0) Check(file_->WriteRestart(now, facts.steps_done + 1));
}

void TensorBoard::OnStep(const StepFacts& step) {
  std::vector<EventFile::Scalar> scalars = {{"train/loss", step.loss},
                                            {"train/top1", step.top1},
                                            {"train/learning_rate", step.learning_rate}};
  if (step.gradient_norm > 0) scalars.emplace_back("train/gradient_norm", step.gradient_norm);
  if (step.seconds > 0) {
    scalars.emplace_back("train/images_per_second", step.images / step.seconds);
    scalars.emplace_back("train/wait_share", step.wait_seconds / step.seconds);
  }
  Write(step.step, scalars);
}

void TensorBoard::OnEpoch(const EpochFacts& epoch) {
  std::vector<EventFile::Scalar> scalars = {
      {"epoch/loss", epoch.loss}, {"epoch/top1", epoch.top1}, {"epoch/seconds", epoch.seconds}};
  if (epoch.validation) {
    scalars.emplace_back("validation/loss", epoch.validation->loss);
    scalars.emplace_back("validation/top1", epoch.validation->top1);
    scalars.emplace_back("validation/top5", epoch.validation->top5);
  }
  Write(epoch.step, scalars);
}

void TensorBoard::Write(std::int64_t step, std::span<const EventFile::Scalar> scalars) {
  if (file_) Check(file_->WriteScalars(wall_time_(), step, scalars));
}

void TensorBoard::Check(const absl::Status& status) {
  if (status.ok()) return;
  spdlog::error("TensorBoard's event file is not written any more: {}",
                std::string(status.message()));
  file_.reset();
}

}  // namespace avocet
