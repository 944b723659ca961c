#include "engine/quantization/quantizable.h"

#include <algorithm>

namespace avocet {
namespace {

bool IsOnePixel(const Shape& shape) { return shape.h == 1 && shape.w == 1; }

bool NeverNegative(ActivationKind kind) {
  return kind == ActivationKind::kRelu || kind == ActivationKind::kRelu6 ||
         kind == ActivationKind::kSigmoid;
}

// Whether `reader` is faster for having its input `source` in 8 bits.
bool WantsInt8(const Graph& graph, const Node& reader, NodeId source) {
  if (std::holds_alternative<Conv2d>(reader.op)) return !IsOnePixel(graph.node(source).shape);
  if (std::holds_alternative<ChannelScale>(reader.op)) return reader.inputs[0] == source;
  return std::holds_alternative<Linear>(reader.op) ||
         std::holds_alternative<LayerNorm>(reader.op) || std::holds_alternative<Add>(reader.op) ||
         std::holds_alternative<MaxPool>(reader.op) ||
         std::holds_alternative<GlobalAveragePool>(reader.op);
}

}  // namespace

std::vector<bool> QuantizableResults(const Graph& graph) {
  const auto consumers = graph.Consumers();
  std::vector<bool> results;
  for (NodeId id = 0; id < graph.size(); ++id) {
    const auto& readers = consumers[static_cast<std::size_t>(id)];
    // The largest of some integers is one of them: a pool's scale is its source's.
    const bool has_scale = !std::holds_alternative<MaxPool>(graph.node(id).op);
    results.push_back(has_scale && std::ranges::any_of(readers, [&](NodeId reader) {
                        return WantsInt8(graph, graph.node(reader), id);
                      }));
  }
  return results;
}

std::vector<bool> NeverNegative(const Graph& graph) {
  std::vector<bool> result;
  for (const Node& node : graph.nodes()) {
    const auto source = [&](std::size_t position) {
      return static_cast<bool>(result[static_cast<std::size_t>(node.inputs[position])]);
    };
    bool never = false;
    if (const auto* conv = std::get_if<Conv2d>(&node.op); conv && !conv->post_ops.empty()) {
      const auto* activation = std::get_if<ActivationPostOp>(&conv->post_ops.back());
      never = activation != nullptr && NeverNegative(activation->kind);
    } else if (const auto* activation = std::get_if<Activation>(&node.op)) {
      never = NeverNegative(activation->kind);
    } else if (std::holds_alternative<GlobalAveragePool>(node.op) ||
               std::holds_alternative<MaxPool>(node.op) ||
               std::holds_alternative<PoolUp>(node.op)) {
      never = source(0);
    } else if (std::holds_alternative<ChannelScale>(node.op) ||
               std::holds_alternative<Add>(node.op)) {
      never = source(0) && source(1);
    }
    result.push_back(never);
  }
  return result;
}

}  // namespace avocet
