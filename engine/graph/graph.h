// A network as a list of operators.
//
//   Graph graph = ...;                      // from a Backbone
//   for (const Node& node : graph.nodes())  // forward order: inputs always come before their
//   readers
#ifndef AVOCET_ENGINE_GRAPH_GRAPH_H_
#define AVOCET_ENGINE_GRAPH_GRAPH_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/shape.h"
#include "engine/graph/op.h"

namespace avocet {

// Position of a node in its graph.
using NodeId = int;

struct Node {
  Op op;
  std::vector<NodeId> inputs;  // each smaller than the node's own id
  Shape shape;                 // of the result
  std::string name;  // unique; prefix of the parameters' names, for example "blocks.1.0.conv_pw"
};

// Append-only: node 0 is the Input, the last node is the output, and inputs precede their readers,
// so a loop up is the forward pass and a loop down the backward pass.
class Graph {
 public:
  // Appends a node whose shape is already known. Checks the invariants above.
  NodeId Append(Node node);

  const std::vector<Node>& nodes() const { return nodes_; }
  const Node& node(NodeId id) const { return nodes_[static_cast<std::size_t>(id)]; }
  int size() const { return static_cast<int>(nodes_.size()); }
  NodeId output() const { return size() - 1; }

  // For each node the nodes that read it, in ascending order.
  std::vector<std::vector<NodeId>> Consumers() const;

  // The same network for other images. INVALID_ARGUMENT where an operator cannot take the size.
  absl::StatusOr<Graph> Reshape(int batch, int height, int width) const;

  // One line a node: id, name, operator, inputs, shape.
  std::string DebugString() const;

 private:
  std::vector<Node> nodes_;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_GRAPH_GRAPH_H_
