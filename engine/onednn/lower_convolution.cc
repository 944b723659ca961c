#include <optional>

#include "engine/graph/infer_shape.h"
#include "engine/onednn/convolution_choice.h"
#include "engine/onednn/lower.h"
#include "engine/onednn/lower_depthwise.h"
#include "engine/onednn/lower_pointwise.h"
#include "engine/onednn/lower_winograd.h"
#include "engine/onednn/post_ops.h"

namespace avocet {
namespace {

using Dims = dnnl::memory::dims;
using DataType = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

dnnl::primitive_attr PostOps(const Conv2d& conv) {
  dnnl::post_ops post_ops;
  for (const PostOp& post_op : conv.post_ops) {
    if (const auto* activation = std::get_if<ActivationPostOp>(&post_op)) {
      const Eltwise eltwise = EltwiseOf(activation->kind);
      post_ops.append_eltwise(eltwise.algorithm, eltwise.alpha, eltwise.beta);
    } else {
      post_ops.append_sum(1.0f);
    }
  }
  dnnl::primitive_attr attributes = Emitter::Attributes();
  attributes.set_post_ops(post_ops);
  return attributes;
}

}  // namespace

dnnl::memory::dims ConvWeightDims(const Conv2d& conv, int in_channels) {
  const int k = conv.kernel;
  if (conv.groups == 1) return {conv.out_channels, in_channels, k, k};
  return {conv.groups, conv.out_channels / conv.groups, in_channels / conv.groups, k, k};
}

TensorRef Lower(const Conv2d& conv, const Node& node, std::span<const TensorRef> inputs,
                Emitter& emitter) {
  const TensorRef& src = inputs[0];
  const int in_channels = static_cast<int>(src.desc.get_dims()[1]);
  if (TakesPointwiseKernel(conv, in_channels, src.gate != nullptr, emitter.type())) {
    return LowerPointwise(conv, node, inputs, emitter);
  }
  if (TakesDepthwiseKernel(conv, in_channels, emitter.type())) {
    return LowerDepthwise(node, inputs, emitter);
  }
  const Dims src_dims = src.desc.get_dims();
  const Shape src_shape = {.n = static_cast<int>(src_dims[0]),
                           .c = in_channels,
                           .h = static_cast<int>(src_dims[2]),
                           .w = static_cast<int>(src_dims[3])};
  const std::optional<WinogradSizes> winograd = WinogradSizesOf(conv, src_shape, emitter.type());
  if (winograd && IsShortcutThenActivation(conv) && src.desc.get_data_type() == emitter.type()) {
    return LowerWinograd(conv, node, *winograd, inputs, emitter);
  }
  const Pads pads = ResolvePads(conv, static_cast<int>(src_dims[2]), static_cast<int>(src_dims[3]));
  const Dims weight_dims = ConvWeightDims(conv, static_cast<int>(src_dims[1]));
  const dnnl::memory::desc plain_weights(weight_dims, DataType::f32,
                                         conv.groups == 1 ? Tag::oihw : Tag::goihw);
  const dnnl::memory::desc any_weights(weight_dims, emitter.type(), Tag::any);
  const dnnl::memory::desc bias =
      conv.bias ? dnnl::memory::desc({conv.out_channels}, DataType::f32, Tag::x)
                : dnnl::memory::desc();
  const dnnl::memory::desc dst_desc =
      ChannelsLast(node.shape, emitter.readers().take_float ? DataType::f32 : emitter.type());
  dnnl::convolution_forward::primitive_desc descriptor(
      emitter.engine(), dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct,
      src.desc, any_weights, bias, dst_desc, Dims{conv.stride, conv.stride},
      Dims{pads.top, pads.left}, Dims{pads.bottom, pads.right}, PostOps(conv));
  SkipWrongImplementation(descriptor);

  // The sum post-op accumulates into dst, so the result takes the shortcut's place.
  const TensorRef dst =
      inputs.size() == 2 ? emitter.Alias(inputs[1], dst_desc) : emitter.NewTensor(dst_desc);
  Emitter::Arguments arguments = {
      {DNNL_ARG_SRC, src},
      {DNNL_ARG_WEIGHTS,
       emitter.Weights(node.name + ".weight", plain_weights, descriptor.weights_desc())},
      {DNNL_ARG_DST, dst}};
  if (conv.bias) {
    arguments.emplace_back(DNNL_ARG_BIAS, emitter.Weights(node.name + ".bias", bias, bias));
  }
  emitter.Step<dnnl::convolution_forward>(node.name, descriptor, std::move(arguments));
  return dst;
}

}  // namespace avocet
