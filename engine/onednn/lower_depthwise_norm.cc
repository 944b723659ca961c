#include "engine/onednn/lower_depthwise_norm.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <variant>

#include "engine/graph/infer_shape.h"
#include "engine/kernels/cpu.h"
#include "engine/kernels/depthwise_norm.h"
#include "engine/onednn/team.h"

namespace avocet {
namespace {

using Dims = dnnl::memory::dims;
using DataType = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

// The rows of all images, in consecutive parts on as many threads as there are.
template <typename T>
void RunRows(const DepthwiseNorm<T, T>& step, int images, std::uint8_t* scratch,
             std::size_t scratch_bytes) {
  const Depthwise<T>& conv = step.conv;
  const auto channels = static_cast<std::size_t>(conv.channels);
  const auto src_size = static_cast<std::size_t>(conv.height * conv.width) * channels;
  const auto dst_size = static_cast<std::size_t>(conv.out_height * conv.out_width) * channels;
  ParallelRows(images, conv.out_height, [&](int part, int n, int first, int last) {
    DepthwiseNorm<T, T> image = step;
    image.conv.src += static_cast<std::size_t>(n) * src_size;
    image.dst += static_cast<std::size_t>(n) * dst_size;
    RunDepthwiseNorm(image, first, last, scratch + static_cast<std::size_t>(part) * scratch_bytes);
  });
}

template <typename T>
void Emit(const Node& conv_node, const Node& norm_node, const DepthwiseParameters& parameters,
          const TensorRef& src, const TensorRef& dst, const char* implementation,
          Emitter& emitter) {
  const dnnl::memory::desc per_channel({norm_node.shape.c}, DataType::f32, Tag::x);
  const dnnl::memory weight = emitter.Weights(norm_node.name + ".weight", per_channel, per_channel);
  const dnnl::memory bias = emitter.Weights(norm_node.name + ".bias", per_channel, per_channel);
  const Dims dims = src.desc.get_dims();
  const auto height = static_cast<int>(dims[2]);
  const auto width = static_cast<int>(dims[3]);
  const Pads pads = ResolvePads(std::get<Conv2d>(conv_node.op), height, width);
  const std::size_t scratch_bytes = (DepthwiseNormScratchBytes(norm_node.shape.c) + 63) / 64 * 64;
  const TensorRef scratch = emitter.NewTensor(
      {{static_cast<std::int64_t>(scratch_bytes) * TeamSize()}, DataType::u8, Tag::x});
  DepthwiseNorm<T, T> step = {
      .conv = {.src = nullptr,
               .weights = static_cast<const float*>(parameters.weights.get_data_handle()),
               .bias = parameters.bias
                           ? static_cast<const float*>(parameters.bias->get_data_handle())
                           : nullptr,
               .dst = nullptr,
               .channels = norm_node.shape.c,
               .height = height,
               .width = width,
               .out_height = norm_node.shape.h,
               .out_width = norm_node.shape.w,
               .pad_top = pads.top,
               .pad_left = pads.left,
               .activation = std::nullopt},
      .weight = static_cast<const float*>(weight.get_data_handle()),
      .bias = static_cast<const float*>(bias.get_data_handle()),
      .epsilon = std::get<LayerNorm>(norm_node.op).epsilon,
      .dst = nullptr,
      .dst_scale = dst.scale};
  // The memories of parameters are captured to live as long as the step.
  emitter.KernelStep(conv_node.name + "+" + norm_node.name, implementation, {src, dst, scratch},
                     [step, parameters, weight, bias, scratch_bytes,
                      images = norm_node.shape.n](std::span<void* const> addresses) mutable {
                       step.conv.src = static_cast<const T*>(addresses[0]);
                       step.dst = static_cast<T*>(addresses[1]);
                       RunRows(step, images, static_cast<std::uint8_t*>(addresses[2]),
                               scratch_bytes);
                     });
}

}  // namespace

bool TakesDepthwiseNormKernel(const Node& conv, const Node& norm, DataType type) {
  const auto* op = std::get_if<Conv2d>(&conv.op);
  if (op == nullptr || !std::holds_alternative<LayerNorm>(norm.op) || op->groups != conv.shape.c ||
      op->out_channels != op->groups || op->kernel != kDepthwiseNormKernel || op->stride != 1 ||
      !op->post_ops.empty()) {
    return false;
  }
  return type == DataType::bf16
             ? HasBFloat16Kernels()
             : (type == DataType::f32 || type == DataType::s8) && HasAvx512Kernels();
}

void EmitDepthwiseNorm(const Node& conv, const Node& norm, const DepthwiseParameters& parameters,
                       const TensorRef& src, const TensorRef& dst, Emitter& emitter) {
  switch (src.desc.get_data_type()) {
    case DataType::f32:
      return Emit<float>(conv, norm, parameters, src, dst, "own_dw_norm:avx512", emitter);
    case DataType::bf16:
      return Emit<BFloat16>(conv, norm, parameters, src, dst, "own_dw_norm:avx512_bf16", emitter);
    default:
      return Emit<std::int8_t>(conv, norm, parameters, src, dst, "own_dw_norm:avx512_int8",
                               emitter);
  }
}

}  // namespace avocet
