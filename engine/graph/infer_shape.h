// Shapes of results from shapes of inputs.
#ifndef AVOCET_ENGINE_GRAPH_INFER_SHAPE_H_
#define AVOCET_ENGINE_GRAPH_INFER_SHAPE_H_

#include <span>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/base/shape.h"
#include "engine/graph/op.h"

namespace avocet {

// Rows and columns of zeroes around a convolution's source.
struct Pads {
  int top = 0;
  int left = 0;
  int bottom = 0;
  int right = 0;
  bool operator==(const Pads&) const = default;
};

// What `conv.padding` means for a source of height x width.
Pads ResolvePads(const Conv2d& conv, int height, int width);

// Shape of the result of `op`. INVALID_ARGUMENT, naming the node, when the inputs do not fit.
absl::StatusOr<Shape> InferShape(const Op& op, std::span<const Shape> inputs,
                                 std::string_view name);

}  // namespace avocet

#endif  // AVOCET_ENGINE_GRAPH_INFER_SHAPE_H_
