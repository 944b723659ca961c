// A run as TensorBoard shows it.
#ifndef AVOCET_ENGINE_TRAIN_REPORT_TENSORBOARD_H_
#define AVOCET_ENGINE_TRAIN_REPORT_TENSORBOARD_H_

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "engine/train/report/event_file.h"
#include "engine/train/report/run_observer.h"

namespace avocet {

// Seconds since 1970.
double WallTime();

// Writes the tags train/* at every step and validation/* at every epoch to a file of its own in
// `folder`. A resumed run makes TensorBoard forget the steps that it repeats.
class TensorBoard final : public RunObserver {
 public:
  explicit TensorBoard(std::string folder, std::function<double()> wall_time = WallTime)
      : folder_(std::move(folder)), wall_time_(std::move(wall_time)) {}

  void OnStart(const RunFacts& facts) override;
  void OnStep(const StepFacts& step) override;
  void OnEpoch(const EpochFacts& epoch) override;

 private:
  void Write(std::int64_t step, std::span<const EventFile::Scalar> scalars);
  // Says what went wrong and stops writing.
  void Check(const absl::Status& status);

  std::string folder_;
  std::function<double()> wall_time_;
  std::optional<EventFile> file_;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_REPORT_TENSORBOARD_H_
