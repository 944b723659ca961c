#include "engine/passes/pass.h"
#include "engine/passes/rewriter.h"

namespace avocet {

Graph RemoveDropout(const Graph& graph, Parameters&) {
  Rewriter rewriter(graph);
  for (NodeId id = 0; id < graph.size(); ++id) {
    const Node& node = graph.node(id);
    if (std::holds_alternative<Dropout>(node.op) || std::holds_alternative<DropPath>(node.op)) {
      rewriter.Replace(id, node.inputs[0]);
    } else {
      rewriter.Keep(id);
    }
  }
  return std::move(rewriter).Finish();
}

}  // namespace avocet
