#include <algorithm>
#include <optional>

#include "engine/passes/pass.h"
#include "engine/passes/rewriter.h"

namespace avocet {
namespace {

using Consumers = std::vector<std::vector<NodeId>>;

// The convolution that can take in the addition `id`. It writes over the shortcut, so the shortcut
// must be computed, and read by everyone else, before it runs; the network's input is the caller's
// and is never written.
std::optional<NodeId> FindBranch(const Graph& graph, const Consumers& consumers, NodeId id) {
  const Node& add = graph.node(id);
  const NodeId branch = std::max(add.inputs[0], add.inputs[1]);
  const NodeId shortcut = std::min(add.inputs[0], add.inputs[1]);
  const auto* conv = std::get_if<Conv2d>(&graph.node(branch).op);
  if (conv == nullptr || branch == shortcut || shortcut == 0) return std::nullopt;
  if (graph.node(branch).inputs.size() != 1 || graph.node(branch).inputs[0] == shortcut) {
    return std::nullopt;
  }
  if (consumers[static_cast<std::size_t>(branch)].size() != 1) return std::nullopt;
  const auto& readers = consumers[static_cast<std::size_t>(shortcut)];
  const bool read_later = std::any_of(readers.begin(), readers.end(), [&](NodeId reader) {
    return reader != id && reader >= branch;
  });
  if (read_later) return std::nullopt;
  return branch;
}

}  // namespace

Graph FuseResidual(const Graph& graph, Parameters&) {
  const Consumers consumers = graph.Consumers();
  Rewriter rewriter(graph);
  for (NodeId id = 0; id < graph.size(); ++id) {
    Node node = graph.node(id);
    const auto& readers = consumers[static_cast<std::size_t>(id)];
    if (auto* conv = std::get_if<Conv2d>(&node.op); conv != nullptr && readers.size() == 1) {
      const Node& reader = graph.node(readers[0]);
      if (std::holds_alternative<Add>(reader.op) &&
          FindBranch(graph, consumers, readers[0]) == id) {
        conv->post_ops.emplace_back(ResidualPostOp{});
        node.inputs.push_back(reader.inputs[0] == id ? reader.inputs[1] : reader.inputs[0]);
      }
    } else if (std::holds_alternative<Add>(node.op)) {
      if (const auto branch = FindBranch(graph, consumers, id)) {
        rewriter.Replace(id, *branch);
        continue;
      }
    }
    rewriter.Keep(id, std::move(node));
  }
  return std::move(rewriter).Finish();
}

}  // namespace avocet
