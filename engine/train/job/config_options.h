// What the parts of a run take, from its configuration.
#ifndef AVOCET_ENGINE_TRAIN_JOB_CONFIG_OPTIONS_H_
#define AVOCET_ENGINE_TRAIN_JOB_CONFIG_OPTIONS_H_

#include <cstdint>
#include <set>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "engine/base/precision.h"
#include "engine/train/data/data_loader.h"
#include "engine/train/data/dataset.h"
#include "engine/train/job/network_setup.h"
#include "engine/train/optim/optimizer.h"
#include "engine/train/optim/parameter_layers.h"
#include "engine/train/optim/schedule.h"
#include "proto/training.pb.h"

namespace avocet {

// Sets what is neither given nor has a default of its own, from what it depends on; after that
// every field is set. `channels` are the network's. INVALID_ARGUMENT for fields that contradict
// each other.
absl::Status ResolveConfig(int channels, train::v1::TrainingConfig& config);

// All take a resolved configuration.

// INVALID_ARGUMENT if a batch cannot be shared out evenly among `processes`.
absl::Status CheckShares(const train::v1::TrainingConfig& config, int processes);
absl::StatusOr<OptimizerOptions> OptimizerOptionsOf(const train::v1::TrainingConfig& config);
absl::StatusOr<ScheduleOptions> ScheduleOptionsOf(const train::v1::TrainingConfig& config,
                                                  std::int64_t steps_per_epoch);
absl::StatusOr<Precision> PrecisionOf(const train::v1::TrainingConfig& config);
RateFactors RateFactorsOf(const train::v1::TrainingConfig& config);
// Of training and of validation, which keep decoded images within `cache_mb` together.
struct LoaderPair {
  LoaderOptions training;
  LoaderOptions validation;
};
// `shard` is this process's.
LoaderPair LoaderOptionsOf(const train::v1::TrainingConfig& config,
                           const PreprocessConfig& preprocess, const TrainingData& data,
                           Shard shard);
// Names of the parameters that stay as they are before `unfreeze_at`.
absl::StatusOr<std::set<std::string>> FrozenParameters(const train::v1::TrainingConfig& config,
                                                       std::span<const ParameterLayer> layers);
// Whether an epoch, counted from 0, trains with frozen parameters.
bool IsFrozenEpoch(const train::v1::TrainingConfig& config, std::int64_t epoch);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_JOB_CONFIG_OPTIONS_H_
