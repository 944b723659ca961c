// Where a network starts: what its first layers are to those that choose precisions.
#ifndef AVOCET_ENGINE_GRAPH_STEM_H_
#define AVOCET_ENGINE_GRAPH_STEM_H_

#include <optional>

#include "engine/graph/graph.h"

namespace avocet {

// The depthwise convolution that alone reads the result of the stem, a convolution of the input.
// EfficientNets start so. Filters of the second cancel large values of the first, which makes the
// rounding between them, and there alone, costly: in bfloat16 it leaves logits with a cosine
// similarity of 0.9986 (lite2; else 0.9998), in 8 bits it makes half of that network's error.
std::optional<NodeId> DepthwiseBehindStem(const Graph& graph);

}  // namespace avocet

#endif  // AVOCET_ENGINE_GRAPH_STEM_H_
