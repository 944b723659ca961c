#include "engine/onednn/int8_lowering.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "engine/base/check.h"
#include "engine/kernels/cpu.h"
#include "engine/onednn/int8_operators.h"
#include "engine/onednn/int8_own_kernels.h"
#include "engine/onednn/int8_tensor.h"
#include "engine/onednn/lower.h"
#include "engine/onednn/lower_depthwise.h"
#include "engine/onednn/lower_depthwise_norm.h"

namespace avocet {

Int8Lowering::Int8Lowering(const Graph& graph, const Quantization& quantization, Emitter& emitter)
    : graph_(graph),
      quantization_(quantization),
      emitter_(emitter),
      layers_(Int8Layers(graph, quantization)),
      stored_(static_cast<std::size_t>(graph.size())),
      consumers_(graph.Consumers()) {
  for (NodeId id = graph.output(); id >= 0; --id) {
    const auto index = static_cast<std::size_t>(id);
    if (!CanWriteInt8(id)) continue;
    for (const NodeId reader : consumers_[index]) {
      if (ReadsInt8(reader, id)) stored_[index] = true;
    }
  }
}

const QuantizedActivation* Int8Lowering::ActivationOf(NodeId id) const {
  const auto found = quantization_.activations.find(graph_.node(id).name);
  return found == quantization_.activations.end() ? nullptr : &found->second;
}

bool Int8Lowering::CanWriteInt8(NodeId id) const {
  const Node& node = graph_.node(id);
  const auto has_form = [&](NodeId source) {
    while (std::holds_alternative<MaxPool>(graph_.node(source).op)) {
      source = graph_.node(source).inputs[0];
    }
    return ActivationOf(source) != nullptr;
  };
  if (std::holds_alternative<MaxPool>(node.op)) return has_form(id);
  if (ActivationOf(id) == nullptr) return false;
  if (std::holds_alternative<Conv2d>(node.op)) {
    // The sum post-op wants the shortcut in integers too: the result takes its place.
    return RoundsFloat(id) || (layers_[static_cast<std::size_t>(id)] &&
                               (node.inputs.size() == 1 || has_form(node.inputs[1])));
  }
  if (std::holds_alternative<Add>(node.op)) {
    return has_form(node.inputs[0]) && has_form(node.inputs[1]);
  }
  return std::holds_alternative<LayerNorm>(node.op) ||
         std::holds_alternative<ChannelScale>(node.op);
}

bool Int8Lowering::RoundsFloat(NodeId id) const {
  const Node& node = graph_.node(id);
  const auto* conv = std::get_if<Conv2d>(&node.op);
  if (conv == nullptr || layers_[static_cast<std::size_t>(id)] || !HasAvx512Kernels() ||
      !TakesDepthwiseKernel(*conv, node.shape.c, dnnl::memory::data_type::f32)) {
    return false;
  }
  // A layer norm has the same use for float32.
  return std::ranges::none_of(consumers_[static_cast<std::size_t>(id)], [&](NodeId reader) {
    return std::holds_alternative<LayerNorm>(graph_.node(reader).op);
  });
}

bool Int8Lowering::ReadsInt8(NodeId reader, NodeId source) const {
  const Node& node = graph_.node(reader);
  const auto index = static_cast<std::size_t>(reader);
  const bool is_first = node.inputs[0] == source;
  if (std::holds_alternative<Conv2d>(node.op)) return is_first ? layers_[index] : stored_[index];
  if (std::holds_alternative<Linear>(node.op)) return layers_[index];
  if (std::holds_alternative<Add>(node.op) || std::holds_alternative<MaxPool>(node.op)) {
    return stored_[index];
  }
  return (std::holds_alternative<ChannelScale>(node.op) && is_first) ||
         std::holds_alternative<LayerNorm>(node.op) ||
         std::holds_alternative<GlobalAveragePool>(node.op);
}

TensorRef Int8Lowering::Float(const Node& node, std::size_t position) {
  const NodeId id = node.inputs[position];
  Forms& forms = forms_[static_cast<std::size_t>(id)];
  if (!forms.float32) {
    forms.float32 = Dequantize(graph_.node(id).name + ".to_float32", *forms.int8, emitter_);
  }
  return *forms.float32;
}

TensorRef Int8Lowering::Int8(const Node& node, std::size_t position) {
  const NodeId id = node.inputs[position];
  Forms& forms = forms_[static_cast<std::size_t>(id)];
  if (!forms.int8) {
    NodeId source = id;
    while (std::holds_alternative<MaxPool>(graph_.node(source).op)) {
      source = graph_.node(source).inputs[0];
    }
    const QuantizedActivation* activation = ActivationOf(source);
    AVOCET_CHECK(activation != nullptr);
    forms.int8 = Quantize(graph_.node(id).name + ".to_int8", *forms.float32, *activation, emitter_);
  }
  return *forms.int8;
}

TensorRef Int8Lowering::Stored(const Node& node, std::size_t position) {
  const Forms& forms = forms_[static_cast<std::size_t>(node.inputs[position])];
  return forms.int8 ? *forms.int8 : *forms.float32;
}

bool Int8Lowering::LeavesGate(NodeId id) const {
  // By the time of a later reader, the values may have been overwritten in place.
  if (id + 1 >= graph_.size() || consumers_[static_cast<std::size_t>(id)] != std::vector{id + 1}) {
    return false;
  }
  const auto* conv = std::get_if<Conv2d>(&graph_.node(id + 1).op);
  return conv != nullptr && layers_[static_cast<std::size_t>(id) + 1] &&
         graph_.node(id + 1).inputs[0] == id &&
         TakesInt8PointwiseKernel(*conv, graph_.node(id).shape.c, /*is_gated=*/true);
}

bool Int8Lowering::WaitsForNorm(NodeId id) const {
  const auto index = static_cast<std::size_t>(id);
  // By the time of a later reader, the source may have been overwritten in place.
  if (id + 1 >= graph_.size() || consumers_[index] != std::vector{id + 1} || !layers_[index] ||
      !stored_[index + 1]) {
    return false;
  }
  const std::optional<TensorRef>& src =
      forms_[static_cast<std::size_t>(graph_.node(id).inputs[0])].int8;
  constexpr auto kType = dnnl::memory::data_type::s8;
  return src && src->gate == nullptr && src->desc.get_data_type() == kType &&
         TakesDepthwiseNormKernel(graph_.node(id), graph_.node(id + 1), kType) &&
         ActivationOf(id + 1)->is_signed;
}

TensorRef Int8Lowering::LowerDepthwiseNorm(const Node& conv, const Node& norm) {
  const TensorRef src = Int8(conv, 0);
  const QuantizedActivation& result = quantization_.activations.at(norm.name);
  const TensorRef dst = NewResult(norm.shape, &result, emitter_);
  EmitDepthwiseNorm(conv, norm,
                    Int8DepthwiseParameters(conv, src.scale, BiasCorrection(conv), emitter_), src,
                    dst, emitter_);
  return dst;
}

std::span<const float> Int8Lowering::BiasCorrection(const Node& node) const {
  const auto correction = quantization_.bias_corrections.find(node.name);
  if (correction == quantization_.bias_corrections.end()) return {};
  return correction->second;
}

TensorRef Int8Lowering::LowerInFloat(const Node& node) {
  std::vector<TensorRef> inputs;
  for (std::size_t i = 0; i < node.inputs.size(); ++i) inputs.push_back(Float(node, i));
  return LowerNode(node, inputs, emitter_);
}

TensorRef Int8Lowering::LowerToForm(NodeId id) {
  const Node& node = graph_.node(id);
  const auto index = static_cast<std::size_t>(id);
  const QuantizedActivation* result = stored_[index] ? ActivationOf(id) : nullptr;
  if (layers_[index]) {
    const TensorRef src = Int8(node, 0);
    // Nobody asks for what goes from one to the other: the source stands for it.
    if (WaitsForNorm(id)) return src;
    const std::span<const float> bias_correction = BiasCorrection(node);
    if (const auto* conv = std::get_if<Conv2d>(&node.op)) {
      std::optional<TensorRef> shortcut;
      if (node.inputs.size() == 2) shortcut = stored_[index] ? Int8(node, 1) : Float(node, 1);
      return LowerInt8(*conv, node, {src, shortcut, bias_correction, result}, emitter_);
    }
    return LowerInt8(std::get<Linear>(node.op), node, {src, std::nullopt, bias_correction, nullptr},
                     emitter_);
  }
  if (const auto* norm = std::get_if<LayerNorm>(&node.op)) {
    if (WaitsForNorm(node.inputs[0])) {
      return LowerDepthwiseNorm(graph_.node(node.inputs[0]), node);
    }
    return LowerInt8(*norm, node, Stored(node, 0), result, emitter_);
  }
  if (const auto* scale = std::get_if<ChannelScale>(&node.op)) {
    if (result != nullptr && IsInt8(Stored(node, 0)) && LeavesGate(id)) {
      TensorRef gated = Stored(node, 0);
      TensorRef gate = Float(node, 1);
      gate.scale = result->scale;
      gated.gate = std::make_shared<TensorRef>(std::move(gate));
      gated.sums = nullptr;
      return gated;
    }
    return LowerInt8(*scale, node, Stored(node, 0), Float(node, 1), result, emitter_);
  }
  if (const auto* pool = std::get_if<GlobalAveragePool>(&node.op);
      pool && IsInt8(Stored(node, 0))) {
    return LowerInt8(*pool, node, Stored(node, 0), emitter_);
  }
  if (const auto* pool = std::get_if<MaxPool>(&node.op); pool && stored_[index]) {
    return LowerInt8(*pool, node, Int8(node, 0), emitter_);
  }
  if (const auto* add = std::get_if<Add>(&node.op); add && stored_[index]) {
    return LowerInt8(*add, node, Int8(node, 0), Int8(node, 1), *result, emitter_);
  }
  if (result != nullptr && RoundsFloat(id)) {
    return EmitDepthwise(node, FloatDepthwiseParameters(node, emitter_), Float(node, 0),
                         NewResult(node.shape, result, emitter_), emitter_);
  }
  return LowerInFloat(node);
}

TensorRef Int8Lowering::Lower(NodeId id) {
  AVOCET_CHECK(static_cast<std::size_t>(id) == forms_.size());
  TensorRef result = LowerToForm(id);
  forms_.emplace_back();
  (IsInt8(result) ? forms_.back().int8 : forms_.back().float32) = result;
  return result;
}

}  // namespace avocet
