#include "engine/graph/graph.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/check.h"
#include "engine/base/status.h"
#include "engine/graph/infer_shape.h"

namespace avocet {

NodeId Graph::Append(Node node) {
  AVOCET_CHECK(std::holds_alternative<Input>(node.op) == nodes_.empty());
  for (NodeId input : node.inputs) AVOCET_CHECK(input >= 0 && input < size());
  nodes_.push_back(std::move(node));
  return output();
}

std::vector<std::vector<NodeId>> Graph::Consumers() const {
  std::vector<std::vector<NodeId>> consumers(nodes_.size());
  for (NodeId id = 0; id < size(); ++id) {
    for (NodeId input : node(id).inputs) consumers[static_cast<std::size_t>(input)].push_back(id);
  }
  return consumers;
}

absl::StatusOr<Graph> Graph::Reshape(int batch, int height, int width) const {
  Graph result;
  for (Node node : nodes_) {
    if (auto* input = std::get_if<Input>(&node.op)) {
      input->height = height;
      input->width = width;
      node.shape = {batch, input->channels, height, width};
    } else {
      std::vector<Shape> inputs;
      for (NodeId id : node.inputs) inputs.push_back(result.node(id).shape);
      ASSIGN_OR_RETURN(node.shape, InferShape(node.op, inputs, node.name));
    }
    result.Append(std::move(node));
  }
  return result;
}

std::string Graph::DebugString() const {
  std::string text;
  for (NodeId id = 0; id < size(); ++id) {
    const Node& n = node(id);
    absl::StrAppend(&text, "%", id, " ", n.name, ": ", DescribeOp(n.op));
    if (!n.inputs.empty()) {
      absl::StrAppend(&text, " (%", absl::StrJoin(n.inputs, ", %"), ")");
    }
    absl::StrAppend(&text, " -> ", n.shape.ToString(), "\n");
  }
  return text;
}

}  // namespace avocet
