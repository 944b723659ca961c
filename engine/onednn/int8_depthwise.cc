#include <cstdint>
#include <vector>

#include "engine/kernels/cpu.h"
#include "engine/kernels/depthwise.h"
#include "engine/onednn/int8_own_kernels.h"
#include "engine/onednn/int8_tensor.h"
#include "engine/onednn/lower_depthwise.h"

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
  return HasAvx512Kernels() && IsDepthwiseWithActivation(conv, in_channels);
}

TensorRef LowerInt8Depthwise(const Node& node, const Int8Operands& operands, Emitter& emitter) {
  return EmitDepthwise(
      node, Int8DepthwiseParameters(node, operands.src.scale, operands.bias_correction, emitter),
      operands.src, NewResult(node.shape, operands.result, emitter), emitter);
}

}  // namespace avocet
