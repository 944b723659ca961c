#include "engine/onednn/lower_depthwise.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "engine/graph/infer_shape.h"
#include "engine/kernels/cpu.h"
#include "engine/kernels/depthwise.h"
#include "engine/onednn/team.h"

namespace avocet {
namespace {

using Dims = dnnl::memory::dims;
using DataType = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

template <typename Src, typename Dst>
constexpr const char* kImplementation = sizeof(Dst) == sizeof(float)   ? "own_dw:avx512"
                                        : sizeof(Src) == sizeof(float) ? "own_dw:avx512_f32_bf16"
                                                                       : "own_dw:avx512_bf16";

template <typename Src, typename Dst>
TensorRef Emit(const Conv2d& conv, const Node& node, const TensorRef& src, Emitter& emitter) {
  const Dims dims = src.desc.get_dims();
  const int height = static_cast<int>(dims[2]);
  const int width = static_cast<int>(dims[3]);
  const Pads pads = ResolvePads(conv, height, width);
  const Dims weight_dims = {conv.groups, 1, 1, conv.kernel, conv.kernel};
  const dnnl::memory weights =
      emitter.Weights(node.name + ".weight", {weight_dims, DataType::f32, Tag::goihw},
                      {weight_dims, DataType::f32, Tag::Goihw16g});
  dnnl::memory bias;
  if (conv.bias) {
    const dnnl::memory::desc desc({conv.out_channels}, DataType::f32, Tag::x);
    bias = emitter.Weights(node.name + ".bias", desc, desc);
  }
  TensorRef dst = emitter.NewTensor(emitter.Activation(node.shape));
  std::vector<TensorRef> tensors = {src, dst};
  const int images = node.shape.n;
  const int parts = std::min(TeamSize(), images * node.shape.h);
  if (emitter.readers().has_pool) {
    dst.sums = std::make_shared<TensorRef>(
        emitter.NewTensor({{images, parts, node.shape.c}, DataType::f32, Tag::abc}));
    tensors.push_back(*dst.sums);
  }
  std::optional<ActivationKind> activation;
  if (!conv.post_ops.empty()) activation = std::get<ActivationPostOp>(conv.post_ops[0]).kind;
  const bool has_sums = emitter.readers().has_pool;
  emitter.KernelStep(
      node.name, kImplementation<Src, Dst>, std::move(tensors),
      [=, shape = node.shape, kernel = conv.kernel,
       stride = conv.stride](std::span<void* const> addresses) {
        const Depthwise<Src, Dst> call = {
            .src = static_cast<const Src*>(addresses[0]),
            .weights = static_cast<const float*>(weights.get_data_handle()),
            .bias = bias ? static_cast<const float*>(bias.get_data_handle()) : nullptr,
            .dst = static_cast<Dst*>(addresses[1]),
            .channels = shape.c,
            .height = height,
            .width = width,
            .out_height = shape.h,
            .out_width = shape.w,
            .pad_top = pads.top,
            .pad_left = pads.left,
            .activation = activation};
        RunDepthwiseRows(call, kernel, stride, images, parts,
                         has_sums ? static_cast<float*>(addresses[2]) : nullptr);
      });
  return dst;
}

}  // namespace

bool IsDepthwiseWithActivation(const Conv2d& conv, int in_channels) {
  if (conv.groups != in_channels || conv.out_channels != in_channels ||
      !HasDepthwiseKernel(conv.kernel, conv.stride) || conv.post_ops.size() > 1) {
    return false;
  }
  if (conv.post_ops.empty()) return true;
  const auto* activation = std::get_if<ActivationPostOp>(&conv.post_ops[0]);
  return activation != nullptr && activation->kind != ActivationKind::kTanh;
}

bool TakesDepthwiseKernel(const Conv2d& conv, int in_channels, DataType type) {
  if (!IsDepthwiseWithActivation(conv, in_channels)) return false;
  return (type == DataType::f32 && HasFloat32Kernels()) ||
         (type == DataType::bf16 && HasBFloat16Kernels());
}

TensorRef LowerDepthwise(const Conv2d& conv, const Node& node, std::span<const TensorRef> inputs,
                         Emitter& emitter) {
  const TensorRef& src = inputs[0];
  if (emitter.type() == DataType::f32) return Emit<float, float>(conv, node, src, emitter);
  if (src.desc.get_data_type() == DataType::f32) {
    return Emit<float, BFloat16>(conv, node, src, emitter);
  }
  return Emit<BFloat16, BFloat16>(conv, node, src, emitter);
}

TensorRef LowerPoolOfSums(const Node& node, const TensorRef& src, Emitter& emitter) {
  const TensorRef& sums = *src.sums;
  const Dims dims = sums.desc.get_dims();
  const auto pixels = static_cast<float>(src.desc.get_dims()[2] * src.desc.get_dims()[3]);
  const TensorRef mean = emitter.NewTensor(ChannelsLast(node.shape, DataType::f32));
  emitter.KernelStep(node.name, "own:plain", {sums, mean}, [=](std::span<void* const> addresses) {
    const auto* from = static_cast<const float*>(addresses[0]);
    auto* to = static_cast<float*>(addresses[1]);
    for (std::int64_t n = 0; n < dims[0]; ++n, to += dims[2]) {
      std::fill_n(to, dims[2], 0.0f);
      for (std::int64_t part = 0; part < dims[1]; ++part, from += dims[2]) {
        for (std::int64_t c = 0; c < dims[2]; ++c) to[c] += from[c];
      }
      for (std::int64_t c = 0; c < dims[2]; ++c) to[c] /= pixels;
    }
  });
  return mean;
}

}  // namespace avocet
