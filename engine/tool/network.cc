#include "engine/tool/network.h"

#include <cmath>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/checkpoint/checkpoint.h"
#include "engine/checkpoint/quantization_file.h"
#include "engine/models/zoo.h"

namespace avocet {
namespace {

Parameters RandomParameters(const Graph& graph) {
  const std::vector<ParameterSpec> specs = GraphParameters(graph);
  Parameters parameters(specs);
  std::uint64_t state = 1;
  for (const ParameterSpec& spec : specs) {
    const bool is_weight = spec.shape.size() > 1;
    const float constant = spec.name.ends_with("bias") || spec.name.ends_with("mean") ? 0.0f : 1.0f;
    // A uniform distribution over [-a, a] has the variance a^2 / 3.
    const auto fan_in = static_cast<float>(spec.size() / spec.shape[0]);
    const float scale = std::sqrt(3.0f / fan_in);
    for (float& value : parameters.Get(spec.name)) {
      // Knuth's linear congruential generator, MMIX.
      state = state * 6364136223846793005u + 1442695040888963407u;
      const float uniform = static_cast<float>(state >> 40) * 0x1p-23f - 1.0f;
      value = is_weight ? uniform * scale : constant;
    }
  }
  return parameters;
}

absl::StatusOr<Graph> Build(const std::string& architecture, int classes, int height, int width) {
  ASSIGN_OR_RETURN(const Backbone* backbone, FindBackbone(architecture));
  return backbone->build({.classes = classes, .height = height, .width = width});
}

}  // namespace

absl::StatusOr<Graph> BuildGraph(const ModelConfig& config) {
  return Build(config.architecture, config.num_classes, config.preprocess.height,
               config.preprocess.width);
}

absl::StatusOr<Network> FindNetwork(const std::string& name, const NetworkChoices& choices) {
  std::error_code ignored;
  if (std::filesystem::is_directory(name, ignored)) {
    if (choices.classes) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, ": a model folder has its own number of classes"));
    }
    ASSIGN_OR_RETURN(ModelConfig config, ReadModelConfig(name));
    if (choices.size) config.preprocess.height = config.preprocess.width = *choices.size;
    absl::StatusOr<Graph> graph = BuildGraph(config);
    if (!graph.ok()) {
      return absl::Status(graph.status().code(),
                          absl::StrCat(name, ": ", graph.status().message()));
    }
    return Network{config.architecture, name, *std::move(graph)};
  }
  const absl::StatusOr<const Backbone*> backbone = FindBackbone(name);
  if (!backbone.ok()) {
    return absl::NotFoundError(
        absl::StrCat(backbone.status().message(), "; there is no folder of that name either"));
  }
  const int size = choices.size.value_or((*backbone)->image_size);
  ASSIGN_OR_RETURN(Graph graph,
                   Build(name, choices.classes.value_or((*backbone)->classes), size, size));
  return Network{name, "", std::move(graph)};
}

absl::StatusOr<Parameters> NetworkParameters(const Network& network) {
  if (network.model_dir.empty()) return RandomParameters(network.graph);
  return LoadParameters(network.model_dir, network.graph);
}

absl::StatusOr<std::optional<Quantization>> NetworkQuantization(const Network& network) {
  if (network.model_dir.empty()) return std::nullopt;
  return ReadQuantization(network.model_dir, network.graph);
}

}  // namespace avocet
