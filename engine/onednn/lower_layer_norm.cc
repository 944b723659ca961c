#include "engine/onednn/lower.h"

namespace avocet {

TensorRef Lower(const LayerNorm& norm, const Node& node, std::span<const TensorRef> inputs,
                Emitter& emitter) {
  using Flags = dnnl::normalization_flags;
  using DataType = dnnl::memory::data_type;
  using Tag = dnnl::memory::format_tag;
  // The primitive normalises the last logical dimension; channels last, pixels are rows of
  // channels.
  const std::int64_t channels = node.shape.c;
  const dnnl::memory::desc rows({node.shape.size() / channels, channels}, emitter.type(), Tag::ab);
  const dnnl::layer_normalization_forward::primitive_desc descriptor(
      emitter.engine(), dnnl::prop_kind::forward_inference, rows, rows, norm.epsilon,
      Flags::use_scale | Flags::use_shift, Emitter::Attributes());
  const dnnl::memory::desc per_channel({channels}, DataType::f32, Tag::x);
  const TensorRef dst = emitter.NewTensor(rows);
  emitter.Step<dnnl::layer_normalization_forward>(
      node.name, descriptor,
      {{DNNL_ARG_SRC, emitter.Alias(inputs[0], rows)},
       {DNNL_ARG_SCALE, emitter.Weights(node.name + ".weight", per_channel, per_channel)},
       {DNNL_ARG_SHIFT, emitter.Weights(node.name + ".bias", per_channel, per_channel)},
       {DNNL_ARG_DST, dst}});
  return emitter.Alias(dst, emitter.Activation(node.shape));
}

}  // namespace avocet
