#include "engine/onednn/lower.h"

namespace avocet {

TensorRef Lower(const Linear& linear, const Node& node, std::span<const TensorRef> inputs,
                Emitter& emitter) {
  using DataType = dnnl::memory::data_type;
  using Tag = dnnl::memory::format_tag;
  const dnnl::memory::desc& src_desc = inputs[0].desc;
  dnnl::memory::dims weight_dims = src_desc.get_dims();
  weight_dims[0] = linear.out_features;
  const dnnl::memory::desc plain_weights(weight_dims, DataType::f32, Tag::oihw);
  const dnnl::memory::desc any_weights(weight_dims, emitter.type(), Tag::any);
  const dnnl::memory::desc bias({linear.out_features}, DataType::f32, Tag::x);
  // The sums are float32 anyway, and logits keep them.
  const dnnl::memory::desc dst_desc({node.shape.n, linear.out_features}, DataType::f32, Tag::nc);
  const dnnl::inner_product_forward::primitive_desc descriptor(
      emitter.engine(), dnnl::prop_kind::forward_inference, src_desc, any_weights, bias, dst_desc,
      Emitter::Attributes());
  const TensorRef dst = emitter.NewTensor(dst_desc);
  emitter.Step<dnnl::inner_product_forward>(
      node.name, descriptor,
      {{DNNL_ARG_SRC, inputs[0]},
       {DNNL_ARG_WEIGHTS,
        emitter.Weights(node.name + ".weight", plain_weights, descriptor.weights_desc())},
       {DNNL_ARG_BIAS, emitter.Weights(node.name + ".bias", bias, bias)},
       {DNNL_ARG_DST, dst}});
  // [N, C] and [N, C, 1, 1], channels last, are the same bytes.
  return emitter.Alias(dst, ChannelsLast(node.shape, DataType::f32));
}

}  // namespace avocet
