#include "engine/train/job/split_network.h"

#include <variant>

#include "absl/strings/str_cat.h"

namespace avocet {

absl::StatusOr<SplitNetwork> SplitAtClassifier(const Graph& graph) {
  NodeId features = graph.output();
  if (std::holds_alternative<Linear>(graph.node(features).op)) {
    features = graph.node(features).inputs[0];
    if (std::holds_alternative<Dropout>(graph.node(features).op)) {
      features = graph.node(features).inputs[0];
    }
  }
  const Shape& shape = graph.node(features).shape;
  if (features == graph.output() || shape.h != 1 || shape.w != 1) {
    return absl::UnimplementedError(absl::StrCat(
        "this network cannot be frozen: it ends with ", DescribeOp(graph.node(graph.output()).op),
        " on ", shape.ToString(), " and not with a linear layer on features of one pixel"));
  }
  SplitNetwork split;
  for (NodeId id = 0; id <= features; ++id) split.backbone.Append(graph.node(id));
  split.head.Append({.op = Input{.channels = shape.c, .height = 1, .width = 1},
                     .inputs = {},
                     .shape = shape,
                     .name = graph.node(0).name});
  for (NodeId id = features + 1; id < graph.size(); ++id) {
    Node node = graph.node(id);
    node.inputs = {split.head.output()};
    split.head.Append(node);
  }
  return split;
}

}  // namespace avocet
