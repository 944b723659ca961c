#include "engine/tool/node_cost.h"

#include "engine/graph/parameter_spec.h"

namespace avocet {
namespace {

constexpr std::int64_t kBatchNormCost = 2;  // per element; fvcore.nn.jit_handles.batchnorm_flop_jit
constexpr std::int64_t kLayerNormCost = 5;  // norm_flop_counter of the same file

std::int64_t MultiplyAdds(const Node& node, const Shape& src) {
  if (const auto* conv = std::get_if<Conv2d>(&node.op)) {
    return node.shape.size() * (src.c / conv->groups) * conv->kernel * conv->kernel;
  }
  if (std::holds_alternative<Linear>(node.op)) {
    return node.shape.size() * (src.size() / src.n);
  }
  return std::holds_alternative<ScaledAveragePool>(node.op) ? node.shape.size() : 0;
}

std::int64_t NormMultiplyAdds(const Op& op, const Shape& src) {
  if (std::holds_alternative<BatchNorm>(op)) return kBatchNormCost * src.size();
  return std::holds_alternative<LayerNorm>(op) ? kLayerNormCost * src.size() : 0;
}

}  // namespace

NodeCost& NodeCost::operator+=(const NodeCost& other) {
  parameters += other.parameters;
  multiply_adds += other.multiply_adds;
  norm_multiply_adds += other.norm_multiply_adds;
  activation_bytes += other.activation_bytes;
  return *this;
}

NodeCost CostOf(const Graph& graph, NodeId id) {
  const Node& node = graph.node(id);
  NodeCost cost;
  for (const ParameterSpec& spec : NodeParameters(graph, id)) {
    if (spec.trainable) cost.parameters += spec.size();
  }
  if (!node.inputs.empty()) {
    const Shape& src = graph.node(node.inputs[0]).shape;
    cost.multiply_adds = MultiplyAdds(node, src);
    cost.norm_multiply_adds = NormMultiplyAdds(node.op, src);
  }
  cost.activation_bytes = node.shape.size() * static_cast<std::int64_t>(sizeof(float));
  return cost;
}

NodeCost TotalCost(const Graph& graph) {
  NodeCost total;
  for (NodeId id = 0; id < graph.size(); ++id) total += CostOf(graph, id);
  return total;
}

}  // namespace avocet
