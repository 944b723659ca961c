#include "engine/onednn/lower_pointwise.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "engine/kernels/bfloat16_products.h"
#include "engine/kernels/cpu.h"
#include "engine/kernels/pointwise.h"
#include "engine/onednn/post_ops.h"
#include "engine/onednn/team.h"

namespace avocet {
namespace {

using Dims = dnnl::memory::dims;
using DataType = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

// What the kernel can do after the sum.
bool IsSupported(const Conv2d& conv) {
  return IsShortcutThenActivation(conv) && ActivationOf(conv) != ActivationKind::kTanh;
}

// Whether oneDNN's tile registers are as fast as ours with one image, and up to a fourth faster
// with many: channels leave no register partly filled, and there are so few that images are large
// (resnet50's first two stages).
bool FillsRegisters(int in_channels, int out_channels) {
  constexpr int kTwoRegisters = 64;
  constexpr int kMost = 512;
  return in_channels % kTwoRegisters == 0 && out_channels % kTwoRegisters == 0 &&
         std::max(in_channels, out_channels) <= kMost;
}

// A step's way over threads: by pixels, or by tiles where few pixels share many weights.
struct Split {
  int pixels;
  int tiles;
  bool by_tiles() const { return pixels < 16; }
  int count() const { return by_tiles() ? tiles : pixels; }
};

template <typename T>
void Run(Pointwise<T> conv, int images, int pixels, unsigned char* scratch,
         std::size_t scratch_bytes) {
  const int tiles = PointwiseTiles(conv.out_channels);
  // Without gates, which each image has its own of, all images are one.
  if (conv.gate == nullptr) {
    pixels *= images;
    images = 1;
  }
  const Split split = {pixels, tiles};
  for (int n = 0; n < images; ++n) {
    ParallelTeam(split.count(), [&](int part, int begin, int end) {
      unsigned char* own_scratch = scratch + static_cast<std::size_t>(part) * scratch_bytes;
      if (split.by_tiles()) {
        RunPointwise(conv, 0, pixels, begin, end, own_scratch);
      } else {
        RunPointwise(conv, begin, end, 0, tiles, own_scratch);
      }
    });
    const auto image = static_cast<std::size_t>(pixels);
    conv.src += image * static_cast<std::size_t>(conv.in_channels);
    conv.dst += image * static_cast<std::size_t>(conv.out_channels);
    if (conv.residual != nullptr) conv.residual = conv.dst;
    if (conv.gate != nullptr) conv.gate += conv.in_channels;
  }
}

template <typename T>
TensorRef Emit(const Conv2d& conv, const Node& node, std::span<const TensorRef> inputs,
               Emitter& emitter) {
  const TensorRef& src = inputs[0];
  const Dims dims = src.desc.get_dims();
  const int in_channels = static_cast<int>(dims[1]);
  const Dims weight_dims = {conv.out_channels, in_channels, 1, 1};
  const dnnl::memory weights = emitter.Weights(
      node.name + ".weight", {weight_dims, DataType::f32, Tag::oihw},
      {weight_dims, emitter.type(), sizeof(T) == 4 ? Tag::Acdb48a : Tag::AcdB48a2b});
  dnnl::memory bias;
  if (conv.bias) {
    const dnnl::memory::desc desc({conv.out_channels}, DataType::f32, Tag::x);
    bias = emitter.Weights(node.name + ".bias", desc, desc);
  }
  const dnnl::memory::desc dst_desc = emitter.Activation(node.shape);
  const bool has_residual = inputs.size() == 2;
  const TensorRef dst =
      has_residual ? emitter.Alias(inputs[1], dst_desc) : emitter.NewTensor(dst_desc);
  std::vector<TensorRef> tensors = {src, dst};
  std::size_t scratch_bytes = 0;
  if (src.gate != nullptr) {
    scratch_bytes = (PointwiseScratchBytes<T>(in_channels) + 63) / 64 * 64;
    tensors.push_back(*src.gate);
    tensors.push_back(emitter.NewTensor(
        {{static_cast<std::int64_t>(scratch_bytes) * TeamSize()}, DataType::u8, Tag::x}));
  }
  const int images = static_cast<int>(dims[0]);
  const int pixels = static_cast<int>(dims[2] * dims[3]);
  emitter.KernelStep(
      node.name, std::string("own_1x1:") + PointwiseIsa<T>(in_channels), std::move(tensors),
      [=, out_channels = conv.out_channels,
       activation = ActivationOf(conv)](std::span<void* const> addresses) {
        Pointwise<T> call = {
            .src = static_cast<const T*>(addresses[0]),
            .weights = static_cast<const T*>(weights.get_data_handle()),
            .bias = bias ? static_cast<const float*>(bias.get_data_handle()) : nullptr,
            .gate = scratch_bytes > 0 ? static_cast<const T*>(addresses[2]) : nullptr,
            .residual = has_residual ? static_cast<const T*>(addresses[1]) : nullptr,
            .dst = static_cast<T*>(addresses[1]),
            .in_channels = in_channels,
            .out_channels = out_channels,
            .activation = activation};
        Run(call, images, pixels,
            scratch_bytes > 0 ? static_cast<unsigned char*>(addresses[3]) : nullptr, scratch_bytes);
      });
  return dst;
}

}  // namespace

bool TakesPointwiseKernel(const Conv2d& conv, int in_channels, bool is_gated, DataType type) {
  if (conv.kernel != 1 || conv.stride != 1 || conv.groups != 1 || !IsSupported(conv)) {
    return false;
  }
  const bool runs = type == DataType::f32
                        ? HasFloat32Kernels()
                        : type == DataType::bf16 && HasBFloat16Kernels() && in_channels % 2 == 0;
  if (!runs) return false;
  // oneDNN's exponentials cost more than the products of a small layer. Its products alone are as
  // fast as ours or faster, but for narrow results in bfloat16.
  const std::optional<ActivationKind> activation = ActivationOf(conv);
  if (activation == ActivationKind::kSilu || activation == ActivationKind::kGelu ||
      activation == ActivationKind::kSigmoid) {
    return true;
  }
  if (is_gated) return true;
  // Its bfloat16 is as slow as the CPU's instructions.
  if (type == DataType::bf16 && MultipliesBFloat16AsFloat()) return true;
  return type == DataType::bf16 && in_channels <= 1536 &&
         !(HasAmxKernels() && FillsRegisters(in_channels, conv.out_channels));
}

TensorRef LowerPointwise(const Conv2d& conv, const Node& node, std::span<const TensorRef> inputs,
                         Emitter& emitter) {
  return emitter.type() == DataType::f32 ? Emit<float>(conv, node, inputs, emitter)
                                         : Emit<BFloat16>(conv, node, inputs, emitter);
}

}  // namespace avocet
