#include "engine/train/job/speed.h"

#include <algorithm>
#include <chrono>
#include <span>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/status.h"
#include "engine/train/job/config_options.h"
#include "engine/train/job/split_network.h"

namespace avocet {
namespace {

constexpr int kMeasuredRuns = 3;

// Validation is the forward pass alone, about a third of a step.
constexpr double kForwardShare = 1.0 / 3;

// Of one run, after one that warms up.
template <typename Function>
double SecondsOf(const Function& run) {
  using Clock = std::chrono::steady_clock;
  run(1);
  const Clock::time_point begin = Clock::now();
  run(kMeasuredRuns);
  return std::chrono::duration<double>(Clock::now() - begin).count() / kMeasuredRuns;
}

std::string Duration(double seconds) {
  if (seconds < 100) return absl::StrFormat("%.0f s", seconds);
  if (seconds < 6000) return absl::StrFormat("%.0f min", seconds / 60);
  return absl::StrFormat("%.1f h", seconds / 3600);
}

absl::StatusOr<double> BackboneSecondsPerImage(const PhaseInputs& inputs,
                                               const Parameters& parameters) {
  ASSIGN_OR_RETURN(const SplitNetwork split, SplitAtClassifier(inputs.network->graph));
  ASSIGN_OR_RETURN(const ValidationPlan backbone,
                   MakeValidationPlan(inputs, split.backbone, parameters));
  const double seconds = SecondsOf([&](int runs) {
    for (int i = 0; i < runs; ++i) backbone.plan->Run();
  });
  return seconds / backbone.plan->batch_size();
}

}  // namespace

std::int64_t EpochsAlike(const train::v1::TrainingConfig& config, std::int64_t first_epoch) {
  const bool frozen = IsFrozenEpoch(config, first_epoch);
  std::int64_t epoch = first_epoch;
  while (epoch < config.run().epochs() && IsFrozenEpoch(config, epoch) == frozen) ++epoch;
  return epoch - first_epoch;
}

std::int64_t ImagesThroughBackbone(const PhaseInputs& inputs, const Phase& phase,
                                   std::int64_t epochs) {
  if (!phase.head_alone) return 0;
  std::int64_t batches =
      std::min<std::int64_t>(phase.feature_variants, epochs) * phase.train->batches_per_epoch();
  if (phase.validation != nullptr) batches += phase.validation->batches_per_epoch();
  return batches * LocalBatchSize(inputs);
}

absl::StatusOr<PhaseSpeed> MeasurePhase(const PhaseInputs& inputs, std::int64_t first_epoch,
                                        std::int64_t steps_per_epoch, Parameters& parameters,
                                        Phase& phase) {
  const train::v1::TrainingConfig& config = *inputs.config;
  const std::span<float> targets = phase.plan->targets();
  std::ranges::fill(targets, 1.0f / static_cast<float>(inputs.network->model.num_classes));
  PhaseSpeed speed{.first_epoch = first_epoch, .epochs = EpochsAlike(config, first_epoch)};
  speed.step_seconds = SecondsOf([&](int runs) { phase.plan->Profile(parameters, runs); }) *
                       config.run().accumulate();
  const double validation_batches = static_cast<double>(inputs.data->validation.size()) /
                                    static_cast<double>(config.run().batch_size());
  speed.epoch_seconds = speed.step_seconds *
                        (static_cast<double>(steps_per_epoch) + kForwardShare * validation_batches);
  const std::int64_t images = ImagesThroughBackbone(inputs, phase, speed.epochs);
  if (images > 0) {
    ASSIGN_OR_RETURN(const double seconds, BackboneSecondsPerImage(inputs, parameters));
    speed.features_seconds = seconds * static_cast<double>(images);
  }
  return speed;
}

std::string SpeedText(const Speed& speed, int batch_size) {
  const PhaseSpeed& now = speed.now;
  const bool features = now.features_seconds > 0;
  std::string text = absl::StrFormat(
      "%.0f images/s expected%s; an epoch takes about %s", batch_size / now.step_seconds,
      features ? " of a classifier on features" : "", Duration(now.epoch_seconds));
  double left = now.seconds();
  if (speed.later) {
    absl::StrAppend(&text, ", from epoch ", speed.later->first_epoch + 1, " on ",
                    Duration(speed.later->epoch_seconds));
    left += speed.later->seconds();
  }
  absl::StrAppend(&text, ", what is left about ", Duration(left));
  if (features) {
    absl::StrAppend(&text, ", of which the features take ", Duration(now.features_seconds));
  }
  return text;
}

}  // namespace avocet
