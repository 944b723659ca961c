#include <string>

#include "engine/passes/pass.h"
#include "engine/passes/rewriter.h"

namespace avocet {
namespace {

// gamma * (weight * x + bias) = (gamma * weight) * x + gamma * bias.
void FoldParameters(const std::string& gamma_name, bool has_bias, const std::string& conv_name,
                    Parameters& parameters) {
  const std::span<const float> gamma = parameters.Get(gamma_name);
  const auto scale = [&](std::span<float> values) {
    const std::size_t size = values.size() / gamma.size();
    for (std::size_t i = 0; i < values.size(); ++i) values[i] *= gamma[i / size];
  };
  scale(parameters.Get(conv_name + ".weight"));
  if (has_bias) scale(parameters.Get(conv_name + ".bias"));
  parameters.Remove(gamma_name);
}

}  // namespace

Graph FoldLayerScale(const Graph& graph, Parameters& parameters) {
  const auto consumers = graph.Consumers();
  Rewriter rewriter(graph);
  for (NodeId id = 0; id < graph.size(); ++id) {
    const Node& node = graph.node(id);
    if (std::holds_alternative<LayerScale>(node.op)) {
      const NodeId src = node.inputs[0];
      const auto* conv = std::get_if<Conv2d>(&graph.node(src).op);
      if (conv != nullptr && conv->post_ops.empty() &&
          consumers[static_cast<std::size_t>(src)].size() == 1) {
        FoldParameters(node.name, conv->bias, graph.node(src).name, parameters);
        rewriter.Replace(id, src);
        continue;
      }
    }
    rewriter.Keep(id);
  }
  return std::move(rewriter).Finish();
}

}  // namespace avocet
