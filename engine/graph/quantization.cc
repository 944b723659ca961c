#include "engine/graph/quantization.h"

#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"

namespace avocet {
namespace {

bool IsLayer(const Op& op) {
  return std::holds_alternative<Conv2d>(op) || std::holds_alternative<Linear>(op);
}

std::int64_t MultiplyAdds(const Node& node, const Shape& src) {
  if (const auto* conv = std::get_if<Conv2d>(&node.op)) {
    return node.shape.size() * (src.c / conv->groups) * conv->kernel * conv->kernel;
  }
  return node.shape.size() * (src.size() / src.n);
}

absl::Status CheckCorrection(const Node& node, const std::vector<float>& correction) {
  if (!IsLayer(node.op)) {
    return absl::InvalidArgumentError(
        absl::StrCat("quantization: a bias correction of \"", node.name,
                     "\": expected a convolution or a linear layer, found ", DescribeOp(node.op)));
  }
  if (correction.size() != static_cast<std::size_t>(node.shape.c)) {
    return absl::InvalidArgumentError(absl::StrCat("quantization: bias correction of \"", node.name,
                                                   "\": expected ", node.shape.c, " values, found ",
                                                   correction.size()));
  }
  for (std::size_t i = 0; i < correction.size(); ++i) {
    if (!std::isfinite(correction[i])) {
      return absl::InvalidArgumentError(
          absl::StrCat("quantization: bias correction of \"", node.name,
                       "\": expected finite values, found ", correction[i], " at ", i));
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::vector<bool> Int8Layers(const Graph& graph, const Quantization& quantization) {
  std::vector<bool> layers;
  std::vector<bool> has_int8;  // whether a node's result has a form in 8 bits
  for (const Node& node : graph.nodes()) {
    const bool source = !node.inputs.empty() && has_int8[static_cast<std::size_t>(node.inputs[0])];
    layers.push_back(source && IsLayer(node.op) && !quantization.float_layers.contains(node.name));
    // The largest of some integers is one of them: its scale is the source's.
    has_int8.push_back(std::holds_alternative<MaxPool>(node.op)
                           ? source
                           : quantization.activations.contains(node.name));
  }
  return layers;
}

MultiplyAddShare Int8MultiplyAdds(const Graph& graph, const Quantization& quantization) {
  const std::vector<bool> layers = Int8Layers(graph, quantization);
  MultiplyAddShare share;
  for (NodeId id = 0; id < graph.size(); ++id) {
    const Node& node = graph.node(id);
    if (!IsLayer(node.op)) continue;
    const std::int64_t cost = MultiplyAdds(node, graph.node(node.inputs[0]).shape);
    share.total += cost;
    if (layers[static_cast<std::size_t>(id)]) share.int8 += cost;
  }
  return share;
}

absl::Status CheckQuantization(const Graph& graph, const Quantization& quantization) {
  std::map<std::string, const Node*> nodes;
  for (const Node& node : graph.nodes()) nodes.emplace(node.name, &node);
  const auto unknown = [](const char* what, const std::string& name) {
    return absl::InvalidArgumentError(absl::StrCat("quantization: ", what, " \"", name,
                                                   "\": the network has no node of that name; "
                                                   "was it made for another backbone?"));
  };
  for (const auto& [name, activation] : quantization.activations) {
    if (!nodes.contains(name)) return unknown("activation", name);
    if (!(activation.scale >= std::numeric_limits<float>::min()) ||
        !std::isfinite(activation.scale)) {
      return absl::InvalidArgumentError(absl::StrCat("quantization: activation \"", name,
                                                     "\": expected a positive scale, found ",
                                                     activation.scale));
    }
  }
  for (const std::string& name : quantization.float_layers) {
    if (!nodes.contains(name)) return unknown("float layer", name);
    if (!IsLayer(nodes.at(name)->op)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "quantization: float layer \"", name,
          "\": expected a convolution or a linear layer, found ", DescribeOp(nodes.at(name)->op)));
    }
  }
  for (const auto& [name, correction] : quantization.bias_corrections) {
    if (!nodes.contains(name)) return unknown("bias correction", name);
    const absl::Status status = CheckCorrection(*nodes.at(name), correction);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace avocet
