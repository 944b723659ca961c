#include "engine/graph/infer_shape.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"

namespace avocet {
namespace {

// Before and after one axis of `size` pixels.
std::pair<int, int> ResolveAxis(const Conv2d& conv, int size) {
  switch (conv.padding) {
    case Padding::kSymmetric:
      return {(conv.kernel - 1) / 2, (conv.kernel - 1) / 2};
    case Padding::kSame: {
      const int outputs = (size + conv.stride - 1) / conv.stride;
      const int total = std::max((outputs - 1) * conv.stride + conv.kernel - size, 0);
      return {total / 2, total - total / 2};
    }
    case Padding::kValid:
      break;
  }
  return {0, 0};
}

absl::Status Mismatch(std::string_view name, std::string_view expected, const Shape& found) {
  return absl::InvalidArgumentError(absl::StrCat("node \"", std::string(name), "\": expected ",
                                                 std::string(expected), ", found shape ",
                                                 found.ToString()));
}

absl::StatusOr<Shape> InferConv(const Conv2d& conv, std::span<const Shape> inputs,
                                std::string_view name) {
  const Shape& src = inputs[0];
  if (src.c % conv.groups != 0 || conv.out_channels % conv.groups != 0) {
    return Mismatch(name, absl::StrCat("channels divisible by ", conv.groups, " groups"), src);
  }
  const Pads pads = ResolvePads(conv, src.h, src.w);
  const int height = src.h + pads.top + pads.bottom - conv.kernel;
  const int width = src.w + pads.left + pads.right - conv.kernel;
  if (height < 0 || width < 0) {
    return Mismatch(name, absl::StrCat("at least ", conv.kernel, " padded rows and columns"), src);
  }
  const Shape dst = {src.n, conv.out_channels, height / conv.stride + 1, width / conv.stride + 1};
  if (inputs.size() == 2 && inputs[1] != dst) {
    return Mismatch(name, absl::StrCat("a residual of ", dst.ToString()), inputs[1]);
  }
  return dst;
}

absl::StatusOr<Shape> InferPool(const Shape& src, int kernel, int stride, int padding,
                                std::string_view name) {
  const int height = src.h + 2 * padding - kernel;
  const int width = src.w + 2 * padding - kernel;
  if (height < 0 || width < 0) {
    return Mismatch(name, absl::StrCat("at least ", kernel, " padded rows and columns"), src);
  }
  return Shape{src.n, src.c, height / stride + 1, width / stride + 1};
}

}  // namespace

Pads ResolvePads(const Conv2d& conv, int height, int width) {
  const auto [top, bottom] = ResolveAxis(conv, height);
  const auto [left, right] = ResolveAxis(conv, width);
  return {top, left, bottom, right};
}

absl::StatusOr<Shape> InferShape(const Op& op, std::span<const Shape> inputs,
                                 std::string_view name) {
  const auto same = [&](const auto&) -> absl::StatusOr<Shape> { return inputs[0]; };
  return std::visit(Overloaded{
                        [&](const Input& input) -> absl::StatusOr<Shape> {
                          return Shape{1, input.channels, input.height, input.width};
                        },
                        [&](const Conv2d& conv) { return InferConv(conv, inputs, name); },
                        [&](const BatchNorm& norm) { return same(norm); },
                        [&](const Activation& activation) { return same(activation); },
                        [&](const Add&) -> absl::StatusOr<Shape> {
                          AVOCET_CHECK(inputs.size() == 2);
                          if (inputs[0] != inputs[1])
                            return Mismatch(name, inputs[0].ToString(), inputs[1]);
                          return inputs[0];
                        },
                        [&](const GlobalAveragePool&) -> absl::StatusOr<Shape> {
                          return Shape{inputs[0].n, inputs[0].c, 1, 1};
                        },
                        [&](const ChannelScale&) -> absl::StatusOr<Shape> {
                          AVOCET_CHECK(inputs.size() == 2);
                          const Shape gate = {inputs[0].n, inputs[0].c, 1, 1};
                          if (inputs[1] != gate)
                            return Mismatch(name, "a gate of " + gate.ToString(), inputs[1]);
                          return inputs[0];
                        },
                        [&](const LayerNorm& norm) { return same(norm); },
                        [&](const LayerScale& scale) { return same(scale); },
                        [&](const GlobalResponseNorm& norm) { return same(norm); },
                        [&](const MaxPool& pool) {
                          return InferPool(inputs[0], pool.kernel, pool.stride, pool.padding, name);
                        },
                        [&](const ScaledAveragePool& pool) {
                          return InferPool(inputs[0], pool.kernel, pool.kernel, 0, name);
                        },
                        [&](const PoolUp& pool) -> absl::StatusOr<Shape> {
                          return Shape{inputs[0].n, inputs[0].c,
                                       std::max(inputs[0].h, pool.min_size),
                                       std::max(inputs[0].w, pool.min_size)};
                        },
                        [&](const Linear& linear) -> absl::StatusOr<Shape> {
                          return Shape{inputs[0].n, linear.out_features, 1, 1};
                        },
                        [&](const Dropout& dropout) { return same(dropout); },
                        [&](const DropPath& drop_path) { return same(drop_path); },
                    },
                    op);
}

}  // namespace avocet
