#include "engine/onednn/lower_depthwise.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
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

template <typename Src, typename Dst = Src>
TensorRef Emit(const Node& node, const DepthwiseParameters& parameters, const TensorRef& src,
               TensorRef dst, const std::string& implementation, Emitter& emitter) {
  const auto& conv = std::get<Conv2d>(node.op);
  const Dims dims = src.desc.get_dims();
  const auto height = static_cast<int>(dims[2]);
  const auto width = static_cast<int>(dims[3]);
  const Pads pads = ResolvePads(conv, height, width);
  std::vector<TensorRef> tensors = {src, dst};
  const int images = node.shape.n;
  const int parts = std::min(TeamSize(), images * node.shape.h);
  if (emitter.readers().has_pool) {
    dst.sums = std::make_shared<TensorRef>(
        emitter.NewTensor({{images, parts, node.shape.c}, DataType::f32, Tag::abc}));
    tensors.push_back(*dst.sums);
  }
  Depthwise<Src, Dst> call = {
      .src = nullptr,
      .weights = static_cast<const float*>(parameters.weights.get_data_handle()),
      .bias =
          parameters.bias ? static_cast<const float*>(parameters.bias->get_data_handle()) : nullptr,
      .dst = nullptr,
      .channels = node.shape.c,
      .height = height,
      .width = width,
      .out_height = node.shape.h,
      .out_width = node.shape.w,
      .pad_top = pads.top,
      .pad_left = pads.left,
      .activation = std::nullopt,
      .dst_scale = dst.scale};
  if (!conv.post_ops.empty()) call.activation = std::get<ActivationPostOp>(conv.post_ops[0]).kind;
  // The memories of the parameters are captured to live as long as the step.
  emitter.KernelStep(node.name, implementation, std::move(tensors),
                     [call, parameters, images, parts, kernel = conv.kernel,
                      stride = conv.stride](std::span<void* const> addresses) mutable {
                       call.src = static_cast<const Src*>(addresses[0]);
                       call.dst = static_cast<Dst*>(addresses[1]);
                       RunDepthwiseRows(
                           call, kernel, stride, images, parts,
                           addresses.size() > 2 ? static_cast<float*>(addresses[2]) : nullptr);
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

DepthwiseParameters FloatDepthwiseParameters(const Node& conv, Emitter& emitter) {
  const auto& op = std::get<Conv2d>(conv.op);
  const Dims dims = {op.groups, 1, 1, op.kernel, op.kernel};
  DepthwiseParameters parameters = {
      emitter.Weights(conv.name + ".weight", {dims, DataType::f32, Tag::goihw},
                      {dims, DataType::f32, Tag::Goihw16g}),
      std::nullopt};
  if (op.bias) {
    const dnnl::memory::desc desc({op.out_channels}, DataType::f32, Tag::x);
    parameters.bias = emitter.Weights(conv.name + ".bias", desc, desc);
  }
  return parameters;
}

TensorRef EmitDepthwise(const Node& conv, const DepthwiseParameters& parameters,
                        const TensorRef& src, TensorRef dst, Emitter& emitter) {
  const bool from_float = src.desc.get_data_type() == DataType::f32;
  const auto emit = [&]<typename Src, typename Dst>(const std::string& implementation) {
    return Emit<Src, Dst>(conv, parameters, src, std::move(dst), implementation, emitter);
  };
  using S8 = std::int8_t;
  using U8 = std::uint8_t;
  switch (dst.desc.get_data_type()) {
    case DataType::f32:
      return emit.operator()<float, float>(std::string("own_dw:") + Float32Isa());
    case DataType::bf16:
      return from_float ? emit.operator()<float, BFloat16>("own_dw:avx512_f32_bf16")
                        : emit.operator()<BFloat16, BFloat16>("own_dw:avx512_bf16");
    case DataType::s8:
      return from_float ? emit.operator()<float, S8>("own_dw:avx512_f32_int8")
                        : emit.operator()<S8, S8>("own_dw:avx512_int8");
    default:
      return from_float ? emit.operator()<float, U8>("own_dw:avx512_f32_int8")
                        : emit.operator()<U8, U8>("own_dw:avx512_int8");
  }
}

TensorRef LowerDepthwise(const Node& node, std::span<const TensorRef> inputs, Emitter& emitter) {
  return EmitDepthwise(node, FloatDepthwiseParameters(node, emitter), inputs[0],
                       emitter.NewTensor(emitter.Activation(node.shape)), emitter);
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
