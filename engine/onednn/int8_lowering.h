// From a graph to steps that compute with integers of 8 bits.
#ifndef AVOCET_ENGINE_ONEDNN_INT8_LOWERING_H_
#define AVOCET_ENGINE_ONEDNN_INT8_LOWERING_H_

#include <optional>
#include <span>
#include <vector>

#include "engine/graph/graph.h"
#include "engine/graph/quantization.h"
#include "engine/onednn/emitter.h"

namespace avocet {

// Lowers the nodes of a graph one after the other. A result is left in 8 bits where the
// quantization has a form for it, the operator can write it and somebody can read it; else in
// float32. Whoever reads the other form gets it from one more step, which all such readers share.
// The graph, the quantization and the emitter outlive this. Not thread-safe.
class Int8Lowering {
 public:
  Int8Lowering(const Graph& graph, const Quantization& quantization, Emitter& emitter);

  // Emits the steps of node `id`, the one after the node of the call before, and returns its
  // result. Throws dnnl::error.
  TensorRef Lower(NodeId id);

 private:
  struct Forms {
    std::optional<TensorRef> float32;
    std::optional<TensorRef> int8;
  };
  const QuantizedActivation* ActivationOf(NodeId id) const;
  bool CanWriteInt8(NodeId id) const;
  // Whether node `id` is a convolution that computes in float and can round its result itself.
  bool RoundsFloat(NodeId id) const;
  bool ReadsInt8(NodeId reader, NodeId source) const;
  // Input `position` of `node` in either form.
  TensorRef Float(const Node& node, std::size_t position);
  TensorRef Int8(const Node& node, std::size_t position);
  // As its node left it.
  TensorRef Stored(const Node& node, std::size_t position);
  // Whether the gate of node `id` is left to the convolution that reads its result.
  bool LeavesGate(NodeId id) const;
  // Whether node `id` is left to the layer norm that reads its result, and both are one step.
  bool WaitsForNorm(NodeId id) const;
  TensorRef LowerDepthwiseNorm(const Node& conv, const Node& norm);
  std::span<const float> BiasCorrection(const Node& node) const;
  TensorRef LowerInFloat(const Node& node);
  TensorRef LowerToForm(NodeId id);

  const Graph& graph_;
  const Quantization& quantization_;
  Emitter& emitter_;
  std::vector<bool> layers_;  // computes in 8 bits
  std::vector<bool> stored_;  // leaves its result in 8 bits
  std::vector<std::vector<NodeId>> consumers_;
  std::vector<Forms> forms_;  // of the nodes so far
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_INT8_LOWERING_H_
