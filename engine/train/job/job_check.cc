#include "engine/train/job/job_check.h"

#include <algorithm>
#include <variant>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/train/data/data_loader.h"
#include "engine/train/job/config_options.h"
#include "engine/train/job/split_network.h"
#include "engine/train/optim/parameter_layers.h"

namespace avocet {
namespace {

using train::v1::TrainingConfig;

absl::Status CheckLoaders(const TrainingConfig& config, const TrainingData& data,
                          const PreprocessConfig& preprocess, Shard shard) {
  const LoaderPair loaders = LoaderOptionsOf(config, preprocess, data, shard);
  RETURN_IF_ERROR(DataLoader::Check(data.train, loaders.training));
  if (data.validation.size() == 0) return absl::OkStatus();
  return DataLoader::Check(data.validation, loaders.validation);
}

absl::Status CheckPaths(const TrainingConfig& config, const Graph& graph) {
  const double rate = config.network().drop_path_rate();
  const bool drops = std::ranges::any_of(
      graph.nodes(), [](const Node& node) { return std::holds_alternative<DropPath>(node.op); });
  if (rate == 0 || drops) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("--drop-path-rate: expected 0, found ", rate, ": ",
                                                 config.network().model(),
                                                 " has no residual blocks that could be dropped"));
}

}  // namespace

absl::Status CheckJob(const TrainingConfig& config, const TrainingData& data,
                      const PreprocessConfig& preprocess, const Graph& graph, Shard shard) {
  RETURN_IF_ERROR(CheckLoaders(config, data, preprocess, shard));
  RETURN_IF_ERROR(CheckPaths(config, graph));
  RETURN_IF_ERROR(FrozenParameters(config, ParameterLayers(graph)).status());
  if (config.transfer().freeze() != "backbone") return absl::OkStatus();
  return SplitAtClassifier(graph).status();
}

}  // namespace avocet
