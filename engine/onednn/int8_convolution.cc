#include <algorithm>

#include "engine/graph/infer_shape.h"
#include "engine/onednn/convolution_choice.h"
#include "engine/onednn/int8_operators.h"
#include "engine/onednn/int8_own_kernels.h"
#include "engine/onednn/int8_tensor.h"
#include "engine/onednn/lower.h"

namespace avocet {
namespace {

using Dims = dnnl::memory::dims;
using DataType = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

constexpr float kLargestU8 = 255.0f;

// Whether rounding to u8, which clips at both ends, does the activation as well.
bool ClippingDoesIt(ActivationKind kind, const QuantizedActivation* result) {
  if (result == nullptr || result->is_signed) return false;
  return kind == ActivationKind::kRelu ||
         (kind == ActivationKind::kRelu6 && result->scale * kLargestU8 <= 6.0f);
}

dnnl::post_ops PostOps(const Conv2d& conv, const Int8Operands& operands) {
  dnnl::post_ops post_ops;
  for (std::size_t i = 0; i < conv.post_ops.size(); ++i) {
    if (const auto* activation = std::get_if<ActivationPostOp>(&conv.post_ops[i])) {
      const bool is_last = i + 1 == conv.post_ops.size();
      if (is_last && ClippingDoesIt(activation->kind, operands.result)) continue;
      const Eltwise eltwise = EltwiseOf(activation->kind);
      post_ops.append_eltwise(eltwise.algorithm, eltwise.alpha, eltwise.beta);
    } else {
      post_ops.append_sum(operands.shortcut->scale, 0, operands.shortcut->desc.get_data_type());
    }
  }
  return post_ops;
}

}  // namespace

std::optional<dnnl::memory> Int8Bias(const Node& node, bool has_bias, int channels,
                                     std::span<const float> correction, Emitter& emitter) {
  const dnnl::memory::desc desc({channels}, DataType::f32, Tag::x);
  if (!has_bias) {
    if (correction.empty()) return std::nullopt;
    return emitter.Constant(correction);
  }
  const dnnl::memory bias = emitter.Weights(node.name + ".bias", desc, desc);
  if (correction.empty()) return bias;
  const auto* values = static_cast<const float*>(bias.get_data_handle());
  std::vector<float> sum(correction.begin(), correction.end());
  for (std::size_t c = 0; c < sum.size(); ++c) sum[c] += values[c];
  return emitter.Constant(sum);
}

TensorRef LowerInt8(const Conv2d& conv, const Node& node, const Int8Operands& operands,
                    Emitter& emitter) {
  const TensorRef& src = operands.src;
  const int in_channels = static_cast<int>(src.desc.get_dims()[1]);
  if (TakesInt8PointwiseKernel(conv, in_channels, src.gate != nullptr)) {
    return LowerInt8Pointwise(conv, node, operands, emitter);
  }
  if (TakesInt8DepthwiseKernel(conv, operands)) {
    return LowerInt8Depthwise(node, operands, emitter);
  }
  const Dims src_dims = src.desc.get_dims();
  const Pads pads = ResolvePads(conv, static_cast<int>(src_dims[2]), static_cast<int>(src_dims[3]));
  const Dims weight_dims = ConvWeightDims(conv, static_cast<int>(src_dims[1]));
  const bool grouped = conv.groups != 1;
  const dnnl::memory::desc plain_weights(weight_dims, DataType::f32,
                                         grouped ? Tag::goihw : Tag::oihw);
  const auto bias = Int8Bias(node, conv.bias, conv.out_channels, operands.bias_correction, emitter);

  const dnnl::memory::desc dst_desc = ResultDesc(node.shape, operands.result);
  // The sum post-op accumulates into dst, so the result takes the shortcut's place.
  TensorRef dst =
      operands.shortcut ? emitter.Alias(*operands.shortcut, dst_desc) : emitter.NewTensor(dst_desc);
  if (operands.result != nullptr) dst.scale = operands.result->scale;
  Emitter::Arguments arguments = {{DNNL_ARG_SRC, src}, {DNNL_ARG_DST, dst}};
  if (bias) arguments.emplace_back(DNNL_ARG_BIAS, *bias);
  dnnl::primitive_attr attributes = Emitter::Attributes();
  attributes.set_post_ops(PostOps(conv, operands));
  SetScale(DNNL_ARG_SRC, src.scale, attributes, arguments, emitter);
  SetScale(DNNL_ARG_DST, dst.scale, attributes, arguments, emitter);
  // A scale an output channel: the first dimension of weights, or the first two.
  attributes.set_scales_mask(DNNL_ARG_WEIGHTS, grouped ? 3 : 1);
  dnnl::convolution_forward::primitive_desc descriptor(
      emitter.engine(), dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_direct,
      src.desc, {weight_dims, DataType::s8, Tag::any},
      bias ? bias->get_desc() : dnnl::memory::desc(), dst.desc, Dims{conv.stride, conv.stride},
      Dims{pads.top, pads.left}, Dims{pads.bottom, pads.right}, attributes);
  SkipWrongImplementation(descriptor);

  const Int8Weights weights = emitter.QuantizedWeights(node.name + ".weight", plain_weights,
                                                       descriptor.weights_desc(), IsSigned(src));
  arguments.emplace_back(DNNL_ARG_WEIGHTS, weights.values);
  arguments.emplace_back(DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS, weights.scales);
  emitter.Step<dnnl::convolution_forward>(node.name, descriptor, std::move(arguments));
  return dst;
}

}  // namespace avocet
