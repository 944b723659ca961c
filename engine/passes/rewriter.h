// Copies a graph node by node while a pass drops or changes some of them.
#ifndef AVOCET_ENGINE_PASSES_REWRITER_H_
#define AVOCET_ENGINE_PASSES_REWRITER_H_

#include <utility>
#include <vector>

#include "engine/graph/graph.h"

namespace avocet {

// Ids of the old graph on the way in, a compact new graph on the way out. Every old node is given
// to exactly one of `Keep` and `Replace`, in ascending order.
class Rewriter {
 public:
  explicit Rewriter(const Graph& graph) : graph_(graph) {}

  // Copies old node `id`, reading what its inputs became.
  void Keep(NodeId id) { Keep(id, graph_.node(id)); }
  // Puts `node`, whose inputs are old ids, in place of old node `id`.
  void Keep(NodeId id, Node node) {
    for (NodeId& input : node.inputs) input = At(input);
    At(id) = result_.Append(std::move(node));
  }
  // Drops old node `id`: its readers read what old node `by` became.
  void Replace(NodeId id, NodeId by) { At(id) = At(by); }

  Graph Finish() && { return std::move(result_); }

 private:
  NodeId& At(NodeId id) { return ids_[static_cast<std::size_t>(id)]; }

  const Graph& graph_;
  Graph result_;
  std::vector<NodeId> ids_ = std::vector<NodeId>(static_cast<std::size_t>(graph_.size()), -1);
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_PASSES_REWRITER_H_
