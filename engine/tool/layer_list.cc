#include "engine/tool/layer_list.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/graph/infer_shape.h"

namespace avocet {
namespace {

std::string ConvType(const Conv2d& conv, const Shape& src) {
  std::string type = conv.groups == 1                                           ? "conv"
                     : conv.groups == src.c && conv.groups == conv.out_channels ? "dw conv"
                                                                                : "conv/groups";
  for (const PostOp& post_op : conv.post_ops) {
    if (const auto* activation = std::get_if<ActivationPostOp>(&post_op)) {
      type.append("+").append(ActivationName(activation->kind));
    } else {
      type.append("+add");
    }
  }
  return type;
}

std::string TypeOf(const Node& node, const Shape& src) {
  using Text = std::string;
  return std::visit(
      Overloaded{
          [&](const Conv2d& conv) { return ConvType(conv, src); },
          [](const Activation& activation) { return Text(ActivationName(activation.kind)); },
          [](const Input&) { return Text("input"); },
          [](const BatchNorm&) { return Text("bn"); },
          [](const Add&) { return Text("add"); },
          [](const GlobalAveragePool&) { return Text("global avg pool"); },
          [](const ChannelScale&) { return Text("channel scale"); },
          [](const LayerNorm&) { return Text("layer norm"); },
          [](const LayerScale&) { return Text("scale"); },
          [](const GlobalResponseNorm&) { return Text("response norm"); },
          [](const MaxPool&) { return Text("max pool"); },
          [](const ScaledAveragePool&) { return Text("scaled avg pool"); },
          [](const PoolUp&) { return Text("pool up"); },
          [](const Linear&) { return Text("linear"); },
          [](const Dropout&) { return Text("dropout"); },
          [](const DropPath&) { return Text("drop path"); },
      },
      node.op);
}

std::string PatchAndStride(int height, int width, int stride) {
  return absl::StrCat(height, "x", width, "/", stride);
}

std::string PadText(int before, int after) {
  if (before == 0 && after == 0) return "";
  return before == after ? absl::StrCat(" p", before) : absl::StrCat(" p", before, ":", after);
}

std::string WindowOf(const Node& node, const Shape& src) {
  if (const auto* conv = std::get_if<Conv2d>(&node.op)) {
    const Pads pads = ResolvePads(*conv, src.h, src.w);
    return absl::StrCat(conv->out_channels, " @ ",
                        PatchAndStride(conv->kernel, conv->kernel, conv->stride),
                        PadText(pads.top, pads.bottom));
  }
  if (const auto* linear = std::get_if<Linear>(&node.op)) {
    return absl::StrCat(linear->out_features, " @ ", src.h, "x", src.w);
  }
  if (const auto* pool = std::get_if<MaxPool>(&node.op)) {
    return PatchAndStride(pool->kernel, pool->kernel, pool->stride) +
           PadText(pool->padding, pool->padding);
  }
  if (const auto* pool = std::get_if<ScaledAveragePool>(&node.op)) {
    return PatchAndStride(pool->kernel, pool->kernel, pool->kernel);
  }
  if (std::holds_alternative<GlobalAveragePool>(node.op)) return absl::StrCat(src.h, "x", src.w);
  return "";
}

// Does this operator only follow up on the one before?
bool IsFollower(const Op& op) {
  return std::holds_alternative<BatchNorm>(op) || std::holds_alternative<Activation>(op) ||
         std::holds_alternative<LayerScale>(op) || std::holds_alternative<Dropout>(op) ||
         std::holds_alternative<DropPath>(op);
}

bool IsForTrainingOnly(const Op& op) {
  return std::holds_alternative<Dropout>(op) || std::holds_alternative<DropPath>(op);
}

}  // namespace

std::vector<Layer> ListLayers(const Graph& graph, bool every_operator) {
  const std::vector<ReceptiveField> fields = ReceptiveFields(graph);
  const std::vector<std::vector<NodeId>> consumers = graph.Consumers();
  std::vector<Layer> layers;
  for (NodeId id = 1; id < graph.size(); ++id) {
    const Node& node = graph.node(id);
    const NodeCost cost = CostOf(graph, id);
    const Shape& src = graph.node(node.inputs[0]).shape;
    const bool joins = !every_operator && IsFollower(node.op) && !layers.empty() &&
                       node.inputs[0] == id - 1 &&
                       consumers[static_cast<std::size_t>(id - 1)].size() == 1;
    if (!joins) {
      layers.push_back({node.name, TypeOf(node, src), WindowOf(node, src), node.shape, cost,
                        fields[static_cast<std::size_t>(id)]});
      continue;
    }
    Layer& layer = layers.back();
    if (!IsForTrainingOnly(node.op)) layer.type.append("+").append(TypeOf(node, src));
    layer.cost += cost;
    layer.cost.activation_bytes = cost.activation_bytes;
  }
  return layers;
}

}  // namespace avocet
