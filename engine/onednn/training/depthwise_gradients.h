// Gradients of depthwise convolutions by our own kernels (engine/kernels/depthwise_backward).
#ifndef AVOCET_ENGINE_ONEDNN_TRAINING_DEPTHWISE_GRADIENTS_H_
#define AVOCET_ENGINE_ONEDNN_TRAINING_DEPTHWISE_GRADIENTS_H_

#include <string_view>

#include "engine/graph/graph.h"
#include "engine/kernels/depthwise_backward.h"
#include "engine/onednn/training/tape.h"

namespace avocet {

// A parameter of depthwise filters, from [channels, taps] to [taps, channels].
void TransposeFilters(const dnnl::memory& weights, int channels, int taps, float* filters);

// The sizes of the node `id`, a depthwise convolution.
DepthwiseSizes DepthwiseSizesOf(const Conv2d& conv, NodeId id, const Tape& tape);

// Whether the kernels can compute the gradients of `conv` of `in_channels` and beat what oneDNN
// chose for them, `implementation`: it has no depthwise kernel for strides in bfloat16, nor for
// weights of 7x7, for example.
bool TakesDepthwiseGradients(const Conv2d& conv, int in_channels, std::string_view implementation);

// Whether the source of the node `id` is larger than caches.
bool ReadsLargeTensor(NodeId id, const Tape& tape);

// Whether computing the gradient of the source of the node `id` once more costs less than writing
// and reading it: a small filter over a large tensor.
bool IsCheapAgain(const Conv2d& conv, NodeId id, const Tape& tape);

// Emits the gradient of the source of the node `id`, and adds it to the tape.
void EmitDepthwiseDiffSrc(const Conv2d& conv, NodeId id, const TensorRef& diff_dst, Tape& tape);

// Emits and stores the gradients of the weights of the node `id`, and of its bias if it has one.
void EmitDepthwiseDiffWeights(const Conv2d& conv, NodeId id, const TensorRef& diff_dst, Tape& tape);

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_TRAINING_DEPTHWISE_GRADIENTS_H_
