// 1x1 convolutions by our own kernels (engine/kernels), where those beat oneDNN's.
#ifndef AVOCET_ENGINE_ONEDNN_LOWER_POINTWISE_H_
#define AVOCET_ENGINE_ONEDNN_LOWER_POINTWISE_H_

#include <span>

#include "engine/graph/graph.h"
#include "engine/onednn/emitter.h"

namespace avocet {

// Whether `LowerPointwise` is the way to compute `conv` of `in_channels` in numbers of `type` on
// this CPU. Depends on nothing else: all plans of a network pack a layer's weights alike.
// `is_gated`: its source has a gate, which the kernel takes in and oneDNN's does not.
bool TakesPointwiseKernel(const Conv2d& conv, int in_channels, bool is_gated,
                          dnnl::memory::data_type type);

// As `LowerNode`. Takes in the gate of inputs[0], if that has one.
TensorRef LowerPointwise(const Conv2d& conv, const Node& node, std::span<const TensorRef> inputs,
                         Emitter& emitter);

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_LOWER_POINTWISE_H_
