#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "engine/graph/infer_shape.h"
#include "engine/kernels/depthwise.h"
#include "engine/kernels/depthwise_int8.h"
#include "engine/kernels/pointwise_int8.h"
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

// The rows of all images, in at most `parts` consecutive parts on as many threads. `sums` is null
// or [images, parts, channels].
void RunRows(const DepthwiseInt8& conv, int kernel, int stride, int images, int parts,
             float* sums) {
  const auto channels = static_cast<std::size_t>(conv.channels);
  const auto src_size = static_cast<std::size_t>(conv.height * conv.width) * channels;
  const auto dst_size = static_cast<std::size_t>(conv.out_height * conv.out_width) * channels;
  ParallelTeam(images * conv.out_height, [&](int part, int begin, int end) {
    for (int n = 0; n < images; ++n) {
      const int first = std::clamp(begin - n * conv.out_height, 0, conv.out_height);
      const int last = std::clamp(end - n * conv.out_height, 0, conv.out_height);
      float* own_sums = nullptr;
      if (sums != nullptr) {
        own_sums = sums + static_cast<std::size_t>(n * parts + part) * channels;
        std::fill_n(own_sums, channels, 0.0f);
      }
      DepthwiseInt8 image = conv;
      image.src += static_cast<std::size_t>(n) * src_size;
      image.dst += static_cast<std::size_t>(n) * dst_size;
      RunDepthwiseInt8(image, kernel, stride, first, last, own_sums);
    }
  });
}

// A layer's parameters in the memory of a program.
struct Memories {
  dnnl::memory weights;
  dnnl::memory multiplier;
  dnnl::memory offset;
};

Memories Pack(const Conv2d& conv, const Node& node, const Int8Operands& operands,
              Emitter& emitter) {
  const Dims dims = {conv.groups, 1, 1, conv.kernel, conv.kernel};
  const auto channels = static_cast<std::size_t>(conv.out_channels);
  const Int8Weights weights = emitter.QuantizedWeights(
      node.name + ".weight", {dims, DataType::f32, Tag::goihw}, {dims, DataType::s8, Tag::goihw});
  const auto bias = Int8Bias(node, conv.bias, conv.out_channels, operands.bias_correction, emitter);
  const auto* scales = static_cast<const float*>(weights.scales.get_data_handle());
  std::vector<float> products(scales, scales + channels);
  for (float& scale : products) scale *= operands.src.scale;
  std::span<const float> biases;
  if (bias) biases = {static_cast<const float*>(bias->get_data_handle()), channels};
  const DepthwiseInt8Parameters packed =
      PackDepthwiseInt8({static_cast<const std::int8_t*>(weights.values.get_data_handle()),
                         channels * static_cast<std::size_t>(conv.kernel * conv.kernel)},
                        products, biases, conv.kernel, operands.result->is_signed);
  return {emitter.Constant(packed.weights), emitter.Constant(packed.multiplier),
          emitter.Constant(packed.offset)};
}

}  // namespace

DepthwiseParameters Int8DepthwiseParameters(const Node& node, float src_scale,
                                            std::span<const float> bias_correction,
                                            Emitter& emitter) {
  const auto& conv = std::get<Conv2d>(node.op);
  const Dims dims = {conv.groups, 1, 1, conv.kernel, conv.kernel};
  const Int8Weights weights = emitter.QuantizedWeights(
      node.name + ".weight", {dims, DataType::f32, Tag::goihw}, {dims, DataType::s8, Tag::goihw});
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
  return HasInt8Kernels() && IsDepthwiseWithActivation(conv, in_channels);
}

TensorRef LowerInt8Depthwise(const Conv2d& conv, const Node& node, const Int8Operands& operands,
                             Emitter& emitter) {
  const TensorRef& src = operands.src;
  const Memories memories = Pack(conv, node, operands, emitter);
  TensorRef dst = NewResult(node.shape, operands.result, emitter);
  const int parts = std::min(TeamSize(), node.shape.n * node.shape.h);
  std::vector<TensorRef> tensors = {src, dst};
  if (emitter.readers().has_pool) {
    dst.sums = std::make_shared<TensorRef>(
        emitter.NewTensor({{node.shape.n, parts, node.shape.c}, DataType::f32, Tag::abc}));
    tensors.push_back(*dst.sums);
  }
  const Dims dims = src.desc.get_dims();
  const Pads pads = ResolvePads(conv, static_cast<int>(dims[2]), static_cast<int>(dims[3]));
  DepthwiseInt8 call = {
      .src = nullptr,
      .weights = static_cast<const std::int8_t*>(memories.weights.get_data_handle()),
      .multiplier = static_cast<const float*>(memories.multiplier.get_data_handle()),
      .offset = static_cast<const float*>(memories.offset.get_data_handle()),
      .dst = nullptr,
      .is_signed = operands.result->is_signed,
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
  // The memories are captured to live as long as the step.
  emitter.KernelStep(node.name, "own_dw:avx512_vnni", std::move(tensors),
                     [call, memories, parts, images = node.shape.n, kernel = conv.kernel,
                      stride = conv.stride](std::span<void* const> addresses) mutable {
                       call.src = static_cast<const std::uint8_t*>(addresses[0]);
                       call.dst = static_cast<std::uint8_t*>(addresses[1]);
                       RunRows(call, kernel, stride, images, parts,
                               addresses.size() > 2 ? static_cast<float*>(addresses[2]) : nullptr);
                     });
  return dst;
}

}  // namespace avocet
