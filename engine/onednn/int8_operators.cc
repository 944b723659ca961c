#include "engine/onednn/int8_operators.h"

#include "engine/onednn/int8_kernels.h"
#include "engine/onednn/int8_tensor.h"
#include "engine/onednn/lower_depthwise.h"
#include "engine/onednn/team.h"

namespace avocet {

using DataType = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

TensorRef LowerInt8(const LayerNorm& norm, const Node& node, const TensorRef& src,
                    const QuantizedActivation* result, Emitter& emitter) {
  using Flags = dnnl::normalization_flags;
  const std::int64_t channels = node.shape.c;
  // Channels last, pixels are rows of channels.
  const auto rows = [&](const TensorRef& tensor) {
    return dnnl::memory::desc({node.shape.size() / channels, channels}, tensor.desc.get_data_type(),
                              Tag::ab);
  };
  const TensorRef dst = NewResult(node.shape, result, emitter);
  const dnnl::memory::desc per_channel({channels}, DataType::f32, Tag::x);
  Emitter::Arguments arguments = {
      {DNNL_ARG_SRC, emitter.Alias(src, rows(src))},
      {DNNL_ARG_SCALE, emitter.Weights(node.name + ".weight", per_channel, per_channel)},
      {DNNL_ARG_SHIFT, emitter.Weights(node.name + ".bias", per_channel, per_channel)},
      {DNNL_ARG_DST, emitter.Alias(dst, rows(dst))}};
  dnnl::primitive_attr attributes = Emitter::Attributes();
  // The norm itself undoes a scale of its source, but for epsilon.
  const float epsilon = norm.epsilon / (src.scale * src.scale);
  SetScale(DNNL_ARG_DST, dst.scale, attributes, arguments, emitter);
  const dnnl::layer_normalization_forward::primitive_desc descriptor(
      emitter.engine(), dnnl::prop_kind::forward_inference, rows(src), rows(dst), epsilon,
      Flags::use_scale | Flags::use_shift, attributes);
  emitter.Step<dnnl::layer_normalization_forward>(node.name, descriptor, std::move(arguments));
  return dst;
}

TensorRef LowerInt8(const ChannelScale&, const Node& node, const TensorRef& src,
                    const TensorRef& gate, const QuantizedActivation* result, Emitter& emitter) {
  const TensorRef dst = NewResult(node.shape, result, emitter);
  Emitter::Arguments arguments = {
      {DNNL_ARG_SRC_0, src}, {DNNL_ARG_SRC_1, gate}, {DNNL_ARG_DST, dst}};
  dnnl::primitive_attr attributes = Emitter::Attributes();
  SetScale(DNNL_ARG_SRC_0, src.scale / dst.scale, attributes, arguments, emitter);
  const dnnl::binary::primitive_desc descriptor(emitter.engine(), dnnl::algorithm::binary_mul,
                                                src.desc, gate.desc, dst.desc, attributes);
  emitter.Step<dnnl::binary>(node.name, descriptor, std::move(arguments));
  return dst;
}

TensorRef LowerInt8(const GlobalAveragePool&, const Node& node, const TensorRef& src,
                    Emitter& emitter) {
  if (src.sums != nullptr) return LowerPoolOfSums(node, src, emitter);
  const dnnl::memory::dims dims = src.desc.get_dims();
  const int images = node.shape.n;
  const int channels = node.shape.c;
  const int pixels = static_cast<int>(dims[2] * dims[3]);
  const bool is_signed = src.desc.get_data_type() == DataType::s8;
  const float scale = src.scale / static_cast<float>(pixels);
  const TensorRef dst = NewResult(node.shape, nullptr, emitter);
  const int blocks = (channels + kMeanBlock - 1) / kMeanBlock;
  emitter.KernelStep(node.name, "own:int8_mean", {src, dst}, [=](std::span<void* const> addresses) {
    ParallelFor(images * blocks, [&](int begin, int end) {
      for (int i = begin; i < end; ++i) {
        const int image = i / blocks;
        const int first = i % blocks * kMeanBlock;
        const std::ptrdiff_t offset = std::ptrdiff_t{image} * pixels * channels + first;
        float* means = static_cast<float*>(addresses[1]) + std::ptrdiff_t{image} * channels + first;
        const int count = std::min(kMeanBlock, channels - first);
        const Int8Pixels pixel_block = {addresses[0], offset, pixels, channels, count};
        is_signed ? MeanS8(pixel_block, scale, means) : MeanU8(pixel_block, scale, means);
      }
    });
  });
  return dst;
}

TensorRef LowerInt8(const MaxPool& pool, const Node& node, const TensorRef& src, Emitter& emitter) {
  using Dims = dnnl::memory::dims;
  TensorRef dst = emitter.NewTensor(ChannelsLast(node.shape, src.desc.get_data_type()));
  dst.scale = src.scale;
  const Dims padding = {pool.padding, pool.padding};
  const dnnl::pooling_forward::primitive_desc descriptor(
      emitter.engine(), dnnl::prop_kind::forward_inference, dnnl::algorithm::pooling_max, src.desc,
      dst.desc, {pool.stride, pool.stride}, {pool.kernel, pool.kernel}, /*dilation=*/{0, 0},
      padding, padding, Emitter::Attributes());
  emitter.Step<dnnl::pooling_forward>(node.name, descriptor,
                                      {{DNNL_ARG_SRC, src}, {DNNL_ARG_DST, dst}});
  return dst;
}

TensorRef LowerInt8(const Add&, const Node& node, const TensorRef& left, const TensorRef& right,
                    const QuantizedActivation& result, Emitter& emitter) {
  const TensorRef dst = NewResult(node.shape, &result, emitter);
  Emitter::Arguments arguments = {
      {DNNL_ARG_SRC_0, left}, {DNNL_ARG_SRC_1, right}, {DNNL_ARG_DST, dst}};
  dnnl::primitive_attr attributes = Emitter::Attributes();
  SetScale(DNNL_ARG_SRC_0, left.scale / dst.scale, attributes, arguments, emitter);
  SetScale(DNNL_ARG_SRC_1, right.scale / dst.scale, attributes, arguments, emitter);
  const dnnl::binary::primitive_desc descriptor(emitter.engine(), dnnl::algorithm::binary_add,
                                                left.desc, right.desc, dst.desc, attributes);
  emitter.Step<dnnl::binary>(node.name, descriptor, std::move(arguments));
  return dst;
}

}  // namespace avocet
