// The steps of operators that read or write integers of 8 bits.
#ifndef AVOCET_ENGINE_ONEDNN_INT8_OPERATORS_H_
#define AVOCET_ENGINE_ONEDNN_INT8_OPERATORS_H_

#include <optional>
#include <span>

#include "engine/graph/graph.h"
#include "engine/graph/quantization.h"
#include "engine/onednn/emitter.h"

namespace avocet {

// What a layer that computes in 8 bits reads and writes.
struct Int8Operands {
  TensorRef src;                      // 8 bits
  std::optional<TensorRef> shortcut;  // for the residual post-op; 8 bits if `result` is there, else
                                      // float32. The result takes its place.
  std::span<const float> bias_correction;  // empty: none
  const QuantizedActivation* result;       // null: float32
};

// All return the node's result and throw dnnl::error. `result` is null for float32.
TensorRef LowerInt8(const Conv2d& conv, const Node& node, const Int8Operands& operands,
                    Emitter& emitter);
// Its result is float32.
TensorRef LowerInt8(const Linear& linear, const Node& node, const Int8Operands& operands,
                    Emitter& emitter);
// `src` may be float32.
TensorRef LowerInt8(const LayerNorm& norm, const Node& node, const TensorRef& src,
                    const QuantizedActivation* result, Emitter& emitter);
// `src` may be float32, the gate is.
TensorRef LowerInt8(const ChannelScale& scale, const Node& node, const TensorRef& src,
                    const TensorRef& gate, const QuantizedActivation* result, Emitter& emitter);
// From 8 bits to float32.
TensorRef LowerInt8(const GlobalAveragePool& pool, const Node& node, const TensorRef& src,
                    Emitter& emitter);
// From 8 bits to the same.
TensorRef LowerInt8(const MaxPool& pool, const Node& node, const TensorRef& src, Emitter& emitter);
// All in 8 bits.
TensorRef LowerInt8(const Add& add, const Node& node, const TensorRef& left, const TensorRef& right,
                    const QuantizedActivation& result, Emitter& emitter);

// The bias of a layer, plus its correction: a vector that is there if either is.
std::optional<dnnl::memory> Int8Bias(const Node& node, bool has_bias, int channels,
                                     std::span<const float> correction, Emitter& emitter);

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_INT8_OPERATORS_H_
