#include "engine/onednn/int8_operators.h"
#include "engine/onednn/int8_tensor.h"

namespace avocet {

TensorRef LowerInt8(const Linear& linear, const Node& node, const Int8Operands& operands,
                    Emitter& emitter) {
  using DataType = dnnl::memory::data_type;
  using Tag = dnnl::memory::format_tag;
  const TensorRef& src = operands.src;
  dnnl::memory::dims weight_dims = src.desc.get_dims();
  weight_dims[0] = linear.out_features;
  const dnnl::memory::desc plain_weights(weight_dims, DataType::f32, Tag::oihw);
  const dnnl::memory::desc dst_desc({node.shape.n, linear.out_features}, DataType::f32, Tag::nc);
  const auto bias =
      Int8Bias(node, /*has_bias=*/true, linear.out_features, operands.bias_correction, emitter);
  const TensorRef dst = emitter.NewTensor(dst_desc);
  Emitter::Arguments arguments = {{DNNL_ARG_SRC, src}, {DNNL_ARG_BIAS, *bias}, {DNNL_ARG_DST, dst}};
  dnnl::primitive_attr attributes = Emitter::Attributes();
  SetScale(DNNL_ARG_SRC, src.scale, attributes, arguments, emitter);
  attributes.set_scales_mask(DNNL_ARG_WEIGHTS, 1);  // a scale a row
  const dnnl::inner_product_forward::primitive_desc descriptor(
      emitter.engine(), dnnl::prop_kind::forward_inference, src.desc,
      {weight_dims, DataType::s8, Tag::any}, bias->get_desc(), dst_desc, attributes);
  const Int8Weights weights = emitter.QuantizedWeights(
      node.name + ".weight", plain_weights, descriptor.weights_desc(), /*is_guarded=*/false);
  arguments.emplace_back(DNNL_ARG_WEIGHTS, weights.values);
  arguments.emplace_back(DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS, weights.scales);
  emitter.Step<dnnl::inner_product_forward>(node.name, descriptor, std::move(arguments));
  // [N, C] and [N, C, 1, 1], channels last, are the same bytes.
  return emitter.Alias(dst, ChannelsLast(node.shape, DataType::f32));
}

}  // namespace avocet
