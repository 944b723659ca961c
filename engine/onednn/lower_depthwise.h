// Depthwise convolutions by our own kernels (engine/kernels).
#ifndef AVOCET_ENGINE_ONEDNN_LOWER_DEPTHWISE_H_
#define AVOCET_ENGINE_ONEDNN_LOWER_DEPTHWISE_H_

#include <span>

#include "engine/graph/graph.h"
#include "engine/onednn/emitter.h"

namespace avocet {

// Whether `LowerDepthwise` is the way to compute `conv` of `in_channels` in numbers of `type` on
// this CPU. Depends on nothing else: all plans of a network pack a layer's weights alike.
bool TakesDepthwiseKernel(const Conv2d& conv, int in_channels, dnnl::memory::data_type type);

// As `LowerNode`. Where a pool reads the result, it carries its sums.
TensorRef LowerDepthwise(const Conv2d& conv, const Node& node, std::span<const TensorRef> inputs,
                         Emitter& emitter);

// The global average pool of a result that carries its sums.
TensorRef LowerPoolOfSums(const Node& node, const TensorRef& src, Emitter& emitter);

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_LOWER_DEPTHWISE_H_
