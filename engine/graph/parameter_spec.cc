#include "engine/graph/parameter_spec.h"

#include <functional>
#include <numeric>
#include <utility>

namespace avocet {

std::int64_t ParameterSpec::size() const {
  return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
}

std::vector<ParameterSpec> NodeParameters(const Graph& graph, NodeId id) {
  using Specs = std::vector<ParameterSpec>;
  const Node& node = graph.node(id);
  const Shape src = node.inputs.empty() ? Shape{} : graph.node(node.inputs[0]).shape;
  const std::int64_t in_channels = src.c;
  const auto weight_and_bias = [&](std::int64_t size) {
    return Specs{{node.name + ".weight", {size}}, {node.name + ".bias", {size}}};
  };
  const auto none = [](const auto&) { return Specs{}; };
  return std::visit(
      Overloaded{
          [&](const Conv2d& conv) {
            ParameterSpec weight{node.name + ".weight",
                                 {conv.out_channels, in_channels / conv.groups}};
            if (!conv.stored_as_linear) {
              weight.shape.insert(weight.shape.end(), {conv.kernel, conv.kernel});
            }
            Specs specs = {std::move(weight)};
            if (conv.bias) specs.push_back({node.name + ".bias", {conv.out_channels}});
            return specs;
          },
          [&](const BatchNorm&) {
            return Specs{{node.name + ".weight", {in_channels}},
                         {node.name + ".bias", {in_channels}},
                         {node.name + ".running_mean", {in_channels}, /*trainable=*/false},
                         {node.name + ".running_var", {in_channels}, /*trainable=*/false}};
          },
          [&](const Linear& linear) {
            return Specs{{node.name + ".weight", {linear.out_features, src.size() / src.n}},
                         {node.name + ".bias", {linear.out_features}}};
          },
          [&](const LayerNorm&) { return weight_and_bias(in_channels); },
          [&](const GlobalResponseNorm&) { return weight_and_bias(in_channels); },
          [&](const ScaledAveragePool&) { return weight_and_bias(1); },
          [&](const LayerScale&) {
            return Specs{{node.name, {in_channels}}};
          },
          [&](const Input& op) { return none(op); },
          [&](const ChannelScale& op) { return none(op); },
          [&](const MaxPool& op) { return none(op); },
          [&](const PoolUp& op) { return none(op); },
          [&](const Activation& op) { return none(op); },
          [&](const Add& op) { return none(op); },
          [&](const GlobalAveragePool& op) { return none(op); },
          [&](const Dropout& op) { return none(op); },
          [&](const DropPath& op) { return none(op); },
      },
      node.op);
}

std::vector<ParameterSpec> GraphParameters(const Graph& graph) {
  std::vector<ParameterSpec> all;
  for (NodeId id = 0; id < graph.size(); ++id) {
    for (ParameterSpec& spec : NodeParameters(graph, id)) all.push_back(std::move(spec));
  }
  return all;
}

std::vector<std::string> BatchCounters(const Graph& graph) {
  std::vector<std::string> names;
  for (const Node& node : graph.nodes()) {
    if (std::holds_alternative<BatchNorm>(node.op)) {
      names.push_back(node.name + ".num_batches_tracked");
    }
  }
  return names;
}

std::int64_t CountTrainable(const Graph& graph) {
  std::int64_t count = 0;
  for (const ParameterSpec& spec : GraphParameters(graph))
    count += spec.trainable ? spec.size() : 0;
  return count;
}

}  // namespace avocet
