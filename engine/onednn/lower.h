// From operators to steps: one file an operator.
#ifndef AVOCET_ENGINE_ONEDNN_LOWER_H_
#define AVOCET_ENGINE_ONEDNN_LOWER_H_

#include <span>

#include "engine/graph/graph.h"
#include "engine/onednn/emitter.h"

namespace avocet {

// Emits the steps of `node`, reading `inputs`, and returns its result. Throws dnnl::error.
TensorRef LowerNode(const Node& node, std::span<const TensorRef> inputs, Emitter& emitter);

// Whether `LowerNode` can take in the gate of `input`, which `op` reads first.
bool TakesGate(const Op& op, const TensorRef& input, const Emitter& emitter);

// The operators' own functions, which `LowerNode` dispatches to.
TensorRef Lower(const Conv2d& conv, const Node& node, std::span<const TensorRef> inputs,
                Emitter& emitter);
TensorRef Lower(const BatchNorm& norm, const Node& node, std::span<const TensorRef> inputs,
                Emitter& emitter);
TensorRef Lower(const Activation& activation, const Node& node, std::span<const TensorRef> inputs,
                Emitter& emitter);
TensorRef Lower(const Add& add, const Node& node, std::span<const TensorRef> inputs,
                Emitter& emitter);
TensorRef Lower(const GlobalAveragePool& pool, const Node& node, std::span<const TensorRef> inputs,
                Emitter& emitter);
TensorRef Lower(const ChannelScale& scale, const Node& node, std::span<const TensorRef> inputs,
                Emitter& emitter);
TensorRef Lower(const LayerNorm& norm, const Node& node, std::span<const TensorRef> inputs,
                Emitter& emitter);
TensorRef Lower(const LayerScale& scale, const Node& node, std::span<const TensorRef> inputs,
                Emitter& emitter);
TensorRef Lower(const GlobalResponseNorm& norm, const Node& node, std::span<const TensorRef> inputs,
                Emitter& emitter);
TensorRef Lower(const MaxPool& pool, const Node& node, std::span<const TensorRef> inputs,
                Emitter& emitter);
TensorRef Lower(const ScaledAveragePool& pool, const Node& node, std::span<const TensorRef> inputs,
                Emitter& emitter);
TensorRef Lower(const PoolUp& pool, const Node& node, std::span<const TensorRef> inputs,
                Emitter& emitter);
TensorRef Lower(const Linear& linear, const Node& node, std::span<const TensorRef> inputs,
                Emitter& emitter);

// Of a convolution's weights: grouped ones have the group as a dimension of its own.
dnnl::memory::dims ConvWeightDims(const Conv2d& conv, int in_channels);

// oneDNN's name and parameters of an activation.
struct Eltwise {
  dnnl::algorithm algorithm;
  float alpha;
  float beta;
};
Eltwise EltwiseOf(ActivationKind kind);

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_LOWER_H_
