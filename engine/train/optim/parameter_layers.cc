#include "engine/train/optim/parameter_layers.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <string_view>
#include <variant>

#include "absl/strings/str_cat.h"
#include "engine/graph/parameter_spec.h"

namespace avocet {
namespace {

std::vector<std::string_view> SplitAtDots(std::string_view name) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t dot = name.find('.');
    parts.push_back(name.substr(0, dot));
    if (dot == std::string_view::npos) return parts;
    name.remove_prefix(dot + 1);
  }
}

bool IsNumber(std::string_view part) {
  return !part.empty() &&
         std::ranges::all_of(part, [](unsigned char c) { return std::isdigit(c); });
}

// "blocks.1", "stages.2", "layer1", "features.3"; empty for what is in no stage.
struct Position {
  std::string stage;
  std::string block;
};

Position PositionOf(std::string_view node) {
  const std::vector<std::string_view> parts = SplitAtDots(node);
  if (parts.size() < 2 || !IsNumber(parts[1]) || parts[0] == "stem") return {};
  Position position;
  const bool is_resnet = parts[0].starts_with("layer");
  position.stage = is_resnet ? std::string(parts[0])
                             : absl::StrCat(std::string(parts[0]), ".", std::string(parts[1]));
  // Numbers directly behind each other, or behind "blocks", name the block.
  position.block = std::string(parts[0]);
  for (std::size_t i = 1; i < parts.size(); ++i) {
    if (!IsNumber(parts[i]) && parts[i] != "blocks") break;
    absl::StrAppend(&position.block, ".", std::string(parts[i]));
  }
  return position;
}

NodeId Classifier(const Graph& graph) {
  for (NodeId id = graph.size() - 1; id >= 0; --id) {
    if (std::holds_alternative<Linear>(graph.node(id).op)) return id;
  }
  return graph.output();
}

// Numbers `keys` by first appearance: what is empty before the first gets 0, after it one more than
// the last.
std::vector<int> Number(const std::vector<std::string>& keys) {
  std::map<std::string, int> numbers;
  for (const std::string& key : keys) {
    if (!key.empty()) numbers.emplace(key, static_cast<int>(numbers.size()) + 1);
  }
  const int tail = static_cast<int>(numbers.size()) + 1;
  std::vector<int> result;
  bool begun = false;
  for (const std::string& key : keys) {
    begun = begun || !key.empty();
    result.push_back(key.empty() ? (begun ? tail : 0) : numbers.at(key));
  }
  return result;
}

}  // namespace

std::vector<ParameterLayer> ParameterLayers(const Graph& graph) {
  const NodeId classifier = Classifier(graph);
  std::vector<ParameterLayer> layers;
  std::vector<std::string> stages, blocks, nodes;
  for (NodeId id = 0; id < graph.size(); ++id) {
    const std::string& name = graph.node(id).name;
    for (const ParameterSpec& spec : NodeParameters(graph, id)) {
      layers.push_back({.parameter = spec.name, .stage = 0, .layer = 0, .head = id == classifier});
      const Position position = PositionOf(name);
      stages.push_back(position.stage);
      blocks.push_back(position.block);
      nodes.push_back(name);
    }
  }
  if (std::ranges::all_of(stages, [](const std::string& s) { return s.empty(); })) {
    stages = blocks = nodes;
  }
  const std::vector<int> stage_numbers = Number(stages);
  const std::vector<int> layer_numbers = Number(blocks);
  int below_head = -1;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    layers[i].stage = stage_numbers[i];
    layers[i].layer = layer_numbers[i];
    if (!layers[i].head) below_head = std::max(below_head, layers[i].layer);
  }
  // Whether or not it shares its stage with a norm or a convolution, as in timm.
  for (ParameterLayer& layer : layers) {
    if (layer.head) layer.layer = below_head + 1;
  }
  return layers;
}

int StageCount(std::span<const ParameterLayer> layers) {
  int largest = 0;
  for (const ParameterLayer& layer : layers) {
    if (!layer.head) largest = std::max(largest, layer.stage);
  }
  return largest;
}

std::set<std::string> BackboneParameters(std::span<const ParameterLayer> layers) {
  std::set<std::string> names;
  for (const ParameterLayer& layer : layers) {
    if (!layer.head) names.insert(layer.parameter);
  }
  return names;
}

absl::StatusOr<std::set<std::string>> FirstStages(std::span<const ParameterLayer> layers,
                                                  int stages) {
  const int count = StageCount(layers);
  if (stages < 0 || stages > count) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected at most ", count, " stages to freeze, found ", stages));
  }
  std::set<std::string> names;
  for (const ParameterLayer& layer : layers) {
    if (!layer.head && layer.stage <= stages) names.insert(layer.parameter);
  }
  return names;
}

void SetRateFactors(std::span<const ParameterLayer> layers, const RateFactors& factors,
                    std::vector<TrainedParameter>& trained) {
  int top = 0;
  for (const ParameterLayer& layer : layers) top = std::max(top, layer.layer);
  std::map<std::string_view, double> by_name;
  for (const ParameterLayer& layer : layers) {
    const auto above = static_cast<double>(top - layer.layer);
    by_name[layer.parameter] =
        (layer.head ? factors.head : factors.backbone) * std::pow(factors.layer_decay, above);
  }
  for (TrainedParameter& parameter : trained) {
    const auto found = by_name.find(parameter.spec.name);
    if (found != by_name.end()) parameter.rate_factor = found->second;
  }
}

}  // namespace avocet
