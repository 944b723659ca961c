#include "engine/graph/stem.h"

#include <variant>

namespace avocet {

std::optional<NodeId> DepthwiseBehindStem(const Graph& graph) {
  const auto consumers = graph.Consumers();
  for (NodeId id = 0; id + 1 < graph.size(); ++id) {
    const Node& node = graph.node(id);
    const auto* stem = std::get_if<Conv2d>(&node.op);
    if (stem == nullptr || !std::holds_alternative<Input>(graph.node(node.inputs[0]).op)) continue;
    if (stem->groups != 1 || stem->kernel == 1) return std::nullopt;
    const std::vector<NodeId>& readers = consumers[static_cast<std::size_t>(id)];
    if (readers.size() != 1) return std::nullopt;
    const auto* conv = std::get_if<Conv2d>(&graph.node(readers[0]).op);
    const bool is_depthwise =
        conv != nullptr && conv->groups == node.shape.c && conv->out_channels == conv->groups;
    return is_depthwise ? std::optional(readers[0]) : std::nullopt;
  }
  return std::nullopt;
}

}  // namespace avocet
