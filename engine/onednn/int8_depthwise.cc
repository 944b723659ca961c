#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "engine/graph/infer_shape.h"
#include "engine/kernels/cpu.h"
#include "engine/kernels/depthwise.h"
#include "engine/onednn/int8_own_kernels.h"
#include "engine/onednn/int8_tensor.h"
#include "engine/onednn/lower_depthwise.h"
#include "engine/onednn/team.h"

namespace avocet {
namespace {

using Dims = dnnl::memory::dims;
using DataType = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

// The integers of the weights times both scales, in the kernel's layout.
std::vector<float> PackWeights(const Int8Weights& weights, int channels, int taps,
                               float src_scale) {
  const auto* values = static_cast<const std::int8_t*>(weights.values.get_data_handle());
  const auto* scales = static_cast<const float*>(weights.scales.get_data_handle());
  const int tiles = (channels + kDepthwiseTile - 1) / kDepthwiseTile;
  std::vector<float> packed(static_cast<std::size_t>(tiles * taps * kDepthwiseTile));
  for (int c = 0; c < channels; ++c) {
    for (int tap = 0; tap < taps; ++tap) {
      const int place = (c / kDepthwiseTile * taps + tap) * kDepthwiseTile + c % kDepthwiseTile;
      packed[static_cast<std::size_t>(place)] =
          static_cast<float>(values[c * taps + tap]) * scales[c] * src_scale;
    }
  }
  return packed;
}

template <typename T>
TensorRef Emit(const Conv2d& conv, const Node& node, const Int8Operands& operands,
               Emitter& emitter) {
  const TensorRef& src = operands.src;
  const Dims dims = src.desc.get_dims();
  const auto [packed, bias] =
      Int8DepthwiseParameters(node, src.scale, operands.bias_correction, emitter);
  TensorRef dst = NewResult(node.shape, operands.result, emitter);
  const int parts = std::min(TeamSize(), node.shape.n * node.shape.h);
  std::vector<TensorRef> tensors = {src, dst};
  if (emitter.readers().has_pool) {
    dst.sums = std::make_shared<TensorRef>(
        emitter.NewTensor({{node.shape.n, parts, node.shape.c}, DataType::f32, Tag::abc}));
    tensors.push_back(*dst.sums);
  }
  const Pads pads = ResolvePads(conv, static_cast<int>(dims[2]), static_cast<int>(dims[3]));
  Depthwise<T> call = {.src = nullptr,
                       .weights = static_cast<const float*>(packed.get_data_handle()),
                       .bias = bias ? static_cast<const float*>(bias->get_data_handle()) : nullptr,
                       .dst = nullptr,
                       .channels = node.shape.c,
                       .height = static_cast<int>(dims[2]),
                       .width = static_cast<int>(dims[3]),
                       .out_height = node.shape.h,
                       .out_width = node.shape.w,
                       .pad_top = pads.top,
                       .pad_left = pads.left,
                       .activation = std::nullopt,
                       .dst_scale = dst.scale};
  if (!conv.post_ops.empty()) call.activation = std::get<ActivationPostOp>(conv.post_ops[0]).kind;
  // The memories of weights and bias are captured to live as long as the step.
  emitter.KernelStep(
      node.name, "own_dw:avx512_int8", std::move(tensors),
      [call, packed = packed, bias = bias, parts, images = node.shape.n, kernel = conv.kernel,
       stride = conv.stride](std::span<void* const> addresses) mutable {
        call.src = static_cast<const T*>(addresses[0]);
        call.dst = static_cast<T*>(addresses[1]);
        RunDepthwiseRows(call, kernel, stride, images, parts,
                         addresses.size() > 2 ? static_cast<float*>(addresses[2]) : nullptr);
      });
  return dst;
}

}  // namespace

DepthwiseParameters Int8DepthwiseParameters(const Node& node, float src_scale,
                                            std::span<const float> bias_correction,
                                            Emitter& emitter) {
  const auto& conv = std::get<Conv2d>(node.op);
  const Dims dims = {conv.groups, 1, 1, conv.kernel, conv.kernel};
  // The kernel multiplies in float32, where nothing overflows.
  const Int8Weights weights =
      emitter.QuantizedWeights(node.name + ".weight", {dims, DataType::f32, Tag::goihw},
                               {dims, DataType::s8, Tag::goihw}, /*is_guarded=*/true);
  return {emitter.Constant(
              PackWeights(weights, conv.out_channels, conv.kernel * conv.kernel, src_scale)),
          Int8Bias(node, conv.bias, conv.out_channels, bias_correction, emitter)};
}

bool TakesInt8DepthwiseKernel(const Conv2d& conv, const Int8Operands& operands) {
  const int in_channels = static_cast<int>(operands.src.desc.get_dims()[1]);
  if (operands.result == nullptr || operands.shortcut ||
      operands.result->is_signed != (operands.src.desc.get_data_type() == DataType::s8)) {
    return false;
  }
  return HasFloat32Kernels() && IsDepthwiseWithActivation(conv, in_channels);
}

TensorRef LowerInt8Depthwise(const Conv2d& conv, const Node& node, const Int8Operands& operands,
                             Emitter& emitter) {
  return operands.result->is_signed ? Emit<std::int8_t>(conv, node, operands, emitter)
                                    : Emit<std::uint8_t>(conv, node, operands, emitter);
}

}  // namespace avocet
