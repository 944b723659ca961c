#include "engine/graph/op.h"

#include "absl/strings/str_cat.h"

namespace avocet {

std::string_view ActivationName(ActivationKind kind) {
  switch (kind) {
    case ActivationKind::kRelu:
      return "relu";
    case ActivationKind::kRelu6:
      return "relu6";
    case ActivationKind::kSilu:
      return "silu";
    case ActivationKind::kGelu:
      return "gelu";
    case ActivationKind::kSigmoid:
      return "sigmoid";
    case ActivationKind::kTanh:
      return "tanh";
  }
  return "?";
}

namespace {

std::string DescribeConv(const Conv2d& conv) {
  std::string text =
      absl::StrCat("conv2d ", conv.out_channels, " @ ", conv.kernel, "x", conv.kernel);
  if (conv.stride != 1) absl::StrAppend(&text, " / ", conv.stride);
  if (conv.groups != 1) absl::StrAppend(&text, " groups ", conv.groups);
  if (conv.padding == Padding::kSame) absl::StrAppend(&text, " same");
  if (conv.padding == Padding::kValid) absl::StrAppend(&text, " valid");
  if (conv.bias) absl::StrAppend(&text, " bias");
  for (const PostOp& post_op : conv.post_ops) {
    if (const auto* activation = std::get_if<ActivationPostOp>(&post_op)) {
      absl::StrAppend(&text, " + ", std::string(ActivationName(activation->kind)));
    } else {
      absl::StrAppend(&text, " + residual");
    }
  }
  return text;
}

std::string DescribePool(const char* kind, int kernel, int stride) {
  return absl::StrCat(kind, " ", kernel, "x", kernel, " / ", stride);
}

}  // namespace

std::string DescribeOp(const Op& op) {
  return std::visit(
      Overloaded{
          [](const Input&) -> std::string { return "input"; },
          [](const Conv2d& conv) { return DescribeConv(conv); },
          [](const BatchNorm&) -> std::string { return "batch_norm"; },
          [](const Activation& activation) { return std::string(ActivationName(activation.kind)); },
          [](const Add&) -> std::string { return "add"; },
          [](const GlobalAveragePool&) -> std::string { return "global_average_pool"; },
          [](const ChannelScale&) -> std::string { return "channel_scale"; },
          [](const LayerNorm&) -> std::string { return "layer_norm"; },
          [](const LayerScale&) -> std::string { return "layer_scale"; },
          [](const GlobalResponseNorm&) -> std::string { return "global_response_norm"; },
          [](const MaxPool& pool) { return DescribePool("max_pool", pool.kernel, pool.stride); },
          [](const ScaledAveragePool& pool) {
            return DescribePool("scaled_average_pool", pool.kernel, pool.kernel);
          },
          [](const PoolUp& pool) { return absl::StrCat("pool_up ", pool.min_size); },
          [](const Linear& linear) { return absl::StrCat("linear ", linear.out_features); },
          [](const Dropout& dropout) { return absl::StrCat("dropout ", dropout.rate); },
          [](const DropPath& drop) { return absl::StrCat("drop_path ", drop.rate); },
      },
      op);
}

}  // namespace avocet
