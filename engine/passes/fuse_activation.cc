#include "engine/passes/pass.h"
#include "engine/passes/rewriter.h"

namespace avocet {

Graph FuseActivation(const Graph& graph, Parameters&) {
  const auto consumers = graph.Consumers();
  Rewriter rewriter(graph);
  for (NodeId id = 0; id < graph.size(); ++id) {
    Node node = graph.node(id);
    const auto& readers = consumers[static_cast<std::size_t>(id)];
    auto* conv = std::get_if<Conv2d>(&node.op);
    if (conv != nullptr && readers.size() == 1) {
      const auto* activation = std::get_if<Activation>(&graph.node(readers[0]).op);
      if (activation != nullptr) conv->post_ops.emplace_back(ActivationPostOp{activation->kind});
    }
    // The convolution above has taken this activation in.
    if (std::holds_alternative<Activation>(node.op)) {
      const NodeId src = node.inputs[0];
      if (std::holds_alternative<Conv2d>(graph.node(src).op) &&
          consumers[static_cast<std::size_t>(src)].size() == 1) {
        rewriter.Replace(id, src);
        continue;
      }
    }
    rewriter.Keep(id, std::move(node));
  }
  return std::move(rewriter).Finish();
}

}  // namespace avocet
