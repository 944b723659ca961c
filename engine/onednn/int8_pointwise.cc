#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "engine/kernels/pointwise_int8.h"
#include "engine/onednn/int8_own_kernels.h"
#include "engine/onednn/int8_tensor.h"
#include "engine/onednn/post_ops.h"
#include "engine/onednn/team.h"

namespace avocet {
namespace {

using Dims = dnnl::memory::dims;
using DataType = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

constexpr float kUnsignedShift = 128.0f;  // the kernel may multiply signed integers plus this

Storage StorageOf(const dnnl::memory::desc& desc) {
  if (desc.get_data_type() == DataType::u8) return Storage::kUnsigned8;
  return desc.get_data_type() == DataType::s8 ? Storage::kSigned8 : Storage::kFloat32;
}

// What the kernel can do after the sum.
bool IsSupported(const Conv2d& conv) {
  return IsShortcutThenActivation(conv) && ActivationOf(conv) != ActivationKind::kTanh;
}

// By output channel.
struct Affine {
  std::vector<float> multiplier;
  std::vector<float> offset;
};

Affine AffineOf(const Int8Weights& weights, const float* bias, float src_scale, bool is_shifted,
                int in_channels, int out_channels) {
  const auto* values = static_cast<const std::int8_t*>(weights.values.get_data_handle());
  const auto* scales = static_cast<const float*>(weights.scales.get_data_handle());
  Affine affine;
  for (int o = 0; o < out_channels; ++o) {
    const int first = o / kPointwiseTile * in_channels * kPointwiseTile + o % kPointwiseTile * 4;
    int sum = 0;
    for (int k = 0; k < in_channels; ++k) {
      sum += values[first + k / 4 * 4 * kPointwiseTile + k % 4];
    }
    const float multiplier = src_scale * scales[o];
    const float shift = is_shifted ? kUnsignedShift * static_cast<float>(sum) * multiplier : 0.0f;
    affine.multiplier.push_back(multiplier);
    affine.offset.push_back((bias == nullptr ? 0.0f : bias[o]) - shift);
  }
  return affine;
}

// What a step needs besides its tensors.
struct Call {
  PointwiseInt8 conv;
  int images;
  int pixels;
  std::size_t scratch_bytes;
  float gate_factor;  // of the gate's values
};

void Run(Call call, const float* gate, float* factors, std::uint8_t* scratch) {
  const int tiles = PointwiseTiles(call.conv.out_channels);
  const auto in_channels = static_cast<std::size_t>(call.conv.in_channels);
  const std::size_t dst_bytes = call.conv.dst_storage == Storage::kFloat32 ? sizeof(float) : 1;
  for (int n = 0; n < call.images; ++n) {
    PointwiseInt8 conv = call.conv;
    const std::size_t first = static_cast<std::size_t>(n) * static_cast<std::size_t>(call.pixels);
    conv.src = static_cast<const std::uint8_t*>(conv.src) + first * in_channels;
    const std::size_t offset = first * static_cast<std::size_t>(conv.out_channels) * dst_bytes;
    conv.dst = static_cast<std::uint8_t*>(conv.dst) + offset;
    if (conv.residual != nullptr) conv.residual = conv.dst;
    if (gate != nullptr) {
      for (std::size_t c = 0; c < in_channels; ++c) factors[c] = gate[c] * call.gate_factor;
      conv.gate = factors;
      gate += in_channels;
    }
    ParallelTeam(call.pixels, [&](int part, int begin, int end) {
      RunPointwiseInt8(conv, begin, end, 0, tiles,
                       scratch + static_cast<std::size_t>(part) * call.scratch_bytes);
    });
  }
}

}  // namespace

bool TakesInt8PointwiseKernel(const Conv2d& conv, int in_channels, bool is_gated) {
  if (conv.kernel != 1 || conv.stride != 1 || conv.groups != 1 || in_channels % 4 != 0 ||
      !IsSupported(conv) || !HasInt8Kernels()) {
    return false;
  }
  // As in TakesPointwiseKernel: where there are exponentials.
  const std::optional<ActivationKind> activation = ActivationOf(conv);
  return is_gated || activation == ActivationKind::kSilu || activation == ActivationKind::kGelu ||
         activation == ActivationKind::kSigmoid;
}

TensorRef LowerInt8Pointwise(const Conv2d& conv, const Node& node, const Int8Operands& operands,
                             Emitter& emitter) {
  const TensorRef& src = operands.src;
  const Dims dims = src.desc.get_dims();
  const int in_channels = static_cast<int>(dims[1]);
  const Dims weight_dims = {conv.out_channels, in_channels, 1, 1};
  const Int8Weights weights =
      emitter.QuantizedWeights(node.name + ".weight", {weight_dims, DataType::f32, Tag::oihw},
                               {weight_dims, DataType::s8, Tag::AcdB48a4b}, IsSigned(src));
  const auto bias = Int8Bias(node, conv.bias, conv.out_channels, operands.bias_correction, emitter);
  const bool is_gated = src.gate != nullptr;
  const float multiplied_scale = is_gated ? src.gate->scale : src.scale;
  const Affine affine =
      AffineOf(weights, bias ? static_cast<const float*>(bias->get_data_handle()) : nullptr,
               multiplied_scale,
               (is_gated || src.desc.get_data_type() == DataType::s8) && ShiftsSigned(in_channels),
               in_channels, conv.out_channels);
  const dnnl::memory multiplier = emitter.Constant(affine.multiplier);
  const dnnl::memory offset = emitter.Constant(affine.offset);

  const dnnl::memory::desc dst_desc = ResultDesc(node.shape, operands.result);
  TensorRef dst =
      operands.shortcut ? emitter.Alias(*operands.shortcut, dst_desc) : emitter.NewTensor(dst_desc);
  if (operands.result != nullptr) dst.scale = operands.result->scale;
  Call call = {
      .conv = {.src = nullptr,
               .weights = static_cast<const std::int8_t*>(weights.values.get_data_handle()),
               .multiplier = static_cast<const float*>(multiplier.get_data_handle()),
               .offset = static_cast<const float*>(offset.get_data_handle()),
               .gate = nullptr,
               .residual = nullptr,
               .dst = nullptr,
               .in_channels = in_channels,
               .out_channels = conv.out_channels,
               .src_storage = StorageOf(src.desc),
               .dst_storage = StorageOf(dst_desc),
               .residual_scale = operands.shortcut ? operands.shortcut->scale : 1.0f,
               .dst_scale = dst.scale,
               .activation = ActivationOf(conv)},
      .images = static_cast<int>(dims[0]),
      .pixels = static_cast<int>(dims[2] * dims[3]),
      .scratch_bytes = (PointwiseInt8ScratchBytes(in_channels) + 63) / 64 * 64,
      .gate_factor = src.scale / multiplied_scale};
  const TensorRef scratch = emitter.NewTensor(
      {{static_cast<std::int64_t>(call.scratch_bytes) * TeamSize()}, DataType::u8, Tag::x});
  std::vector<TensorRef> tensors = {src, dst, scratch};
  if (is_gated) {
    tensors.push_back(*src.gate);
    tensors.push_back(emitter.NewTensor({{in_channels}, DataType::f32, Tag::x}));
  }
  const bool has_residual = operands.shortcut.has_value();
  // The memories of weights and constants are captured to live as long as the step.
  emitter.KernelStep(node.name, std::string("own_1x1:") + PointwiseInt8Isa(in_channels),
                     std::move(tensors),
                     [call, weights, multiplier, offset, has_residual,
                      is_gated](std::span<void* const> addresses) mutable {
                       call.conv.src = addresses[0];
                       call.conv.dst = addresses[1];
                       call.conv.residual = has_residual ? addresses[1] : nullptr;
                       Run(call, is_gated ? static_cast<const float*>(addresses[3]) : nullptr,
                           is_gated ? static_cast<float*>(addresses[4]) : nullptr,
                           static_cast<std::uint8_t*>(addresses[2]));
                     });
  return dst;
}

}  // namespace avocet
