#include "engine/onednn/lower_expand.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/graph/infer_shape.h"
#include "engine/kernels/cpu.h"
#include "engine/kernels/depthwise.h"
#include "engine/kernels/pointwise.h"
#include "engine/onednn/lower_depthwise.h"
#include "engine/onednn/lower_depthwise_norm.h"
#include "engine/onednn/post_ops.h"
#include "engine/onednn/team.h"

namespace avocet {
namespace {

using Dims = dnnl::memory::dims;
using DataType = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

// Of an image's expanded tensor: less than this stays in the second-level cache as it is.
constexpr std::int64_t kLeastBytes = 512 << 10;
// Of a strip: a fourth of that cache.
constexpr std::int64_t kStripBytes = 256 << 10;
// Rows of the result: with fewer, what neighbouring threads both compute weighs too much.
constexpr int kLeastRows = 14;

// What a step needs besides its tensors.
template <typename T>
struct Call {
  Pointwise<T> expand;
  Depthwise<T> depthwise;  // over the whole expanded image, which is never there
  int kernel;
  int stride;
  int images;
  int parts;
  int strip_rows;  // of the result

  std::size_t expanded_row() const {
    return static_cast<std::size_t>(depthwise.width) * static_cast<std::size_t>(depthwise.channels);
  }
  int buffer_rows() const { return (strip_rows - 1) * stride + kernel; }
};

// The rows [begin, end) of an image's result.
template <typename T>
void RunRows(const Call<T>& call, const T* src, T* dst, int begin, int end, T* buffer,
             float* sums) {
  const Depthwise<T>& whole = call.depthwise;
  const std::size_t row_size = call.expanded_row();
  const std::size_t src_row =
      static_cast<std::size_t>(whole.width) * static_cast<std::size_t>(call.expand.in_channels);
  int first = 0;  // the expanded rows [first, last) are in the buffer
  int last = 0;
  for (int y = begin; y < end; y += call.strip_rows) {
    const int rows = std::min(call.strip_rows, end - y);
    const int top = y * call.stride - whole.pad_top;
    const int from = std::max(top, 0);
    const int to = std::min(top + (rows - 1) * call.stride + call.kernel, whole.height);
    const int kept = std::max(0, last - from);
    if (kept > 0) {
      std::memmove(buffer, buffer + static_cast<std::size_t>(from - first) * row_size,
                   static_cast<std::size_t>(kept) * row_size * sizeof(T));
    }
    Pointwise<T> expand = call.expand;
    expand.src = src + static_cast<std::size_t>(from + kept) * src_row;
    expand.dst = buffer + static_cast<std::size_t>(kept) * row_size;
    RunPointwise(expand, 0, std::max(0, to - from - kept) * whole.width, 0,
                 PointwiseTiles(expand.out_channels), nullptr);
    first = from;
    last = to;
    Depthwise<T> strip = whole;
    strip.src = buffer;
    strip.dst = dst + static_cast<std::size_t>(y) * static_cast<std::size_t>(whole.out_width) *
                          static_cast<std::size_t>(whole.channels);
    strip.height = to - from;
    strip.pad_top = from - top;
    RunDepthwise(strip, call.kernel, call.stride, 0, rows, sums);
  }
}

template <typename T>
void Run(const Call<T>& call, const T* src, T* dst, T* buffers, float* sums) {
  const Depthwise<T>& whole = call.depthwise;
  const auto channels = static_cast<std::size_t>(whole.channels);
  const auto src_size = static_cast<std::size_t>(whole.height * whole.width) *
                        static_cast<std::size_t>(call.expand.in_channels);
  const auto dst_size = static_cast<std::size_t>(whole.out_height * whole.out_width) * channels;
  const std::size_t buffer_size =
      static_cast<std::size_t>(call.buffer_rows()) * call.expanded_row();
  ParallelRows(call.images, whole.out_height, [&](int part, int n, int first, int last) {
    float* own_sums = nullptr;
    if (sums != nullptr) {
      own_sums = sums + static_cast<std::size_t>(n * call.parts + part) * channels;
      std::fill_n(own_sums, channels, 0.0f);
    }
    RunRows(call, src + static_cast<std::size_t>(n) * src_size,
            dst + static_cast<std::size_t>(n) * dst_size, first, last,
            buffers + static_cast<std::size_t>(part) * buffer_size, own_sums);
  });
}

template <typename T>
TensorRef Emit(const Node& expand, const Node& depthwise, const TensorRef& src, Emitter& emitter) {
  constexpr bool kIsFloat = sizeof(T) == sizeof(float);
  const auto& pointwise = std::get<Conv2d>(expand.op);
  const auto& conv = std::get<Conv2d>(depthwise.op);
  const int in_channels = static_cast<int>(src.desc.get_dims()[1]);
  const Dims weight_dims = {pointwise.out_channels, in_channels, 1, 1};
  const dnnl::memory weights =
      emitter.Weights(expand.name + ".weight", {weight_dims, DataType::f32, Tag::oihw},
                      {weight_dims, emitter.type(), kIsFloat ? Tag::Acdb48a : Tag::AcdB48a2b});
  dnnl::memory bias;
  if (pointwise.bias) {
    const dnnl::memory::desc desc({pointwise.out_channels}, DataType::f32, Tag::x);
    bias = emitter.Weights(expand.name + ".bias", desc, desc);
  }
  const DepthwiseParameters parameters = FloatDepthwiseParameters(depthwise, emitter);
  const Shape& shape = depthwise.shape;
  const Pads pads = ResolvePads(conv, expand.shape.h, expand.shape.w);
  const std::int64_t row_bytes =
      std::int64_t{expand.shape.w} * expand.shape.c * static_cast<std::int64_t>(sizeof(T));
  const std::int64_t fitting = (kStripBytes / row_bytes - conv.kernel) / conv.stride + 1;
  const Call<T> call = {
      .expand = {.src = nullptr,
                 .weights = static_cast<const T*>(weights.get_data_handle()),
                 .bias = bias ? static_cast<const float*>(bias.get_data_handle()) : nullptr,
                 .gate = nullptr,
                 .residual = nullptr,
                 .dst = nullptr,
                 .in_channels = in_channels,
                 .out_channels = pointwise.out_channels,
                 .activation = ActivationOf(pointwise)},
      .depthwise = {.src = nullptr,
                    .weights = static_cast<const float*>(parameters.weights.get_data_handle()),
                    .bias = parameters.bias
                                ? static_cast<const float*>(parameters.bias->get_data_handle())
                                : nullptr,
                    .dst = nullptr,
                    .channels = shape.c,
                    .height = expand.shape.h,
                    .width = expand.shape.w,
                    .out_height = shape.h,
                    .out_width = shape.w,
                    .pad_top = pads.top,
                    .pad_left = pads.left,
                    .activation = ActivationOf(conv)},
      .kernel = conv.kernel,
      .stride = conv.stride,
      .images = shape.n,
      .parts = std::min(TeamSize(), shape.n * shape.h),
      .strip_rows = static_cast<int>(std::clamp<std::int64_t>(fitting, 1, shape.h))};
  TensorRef dst = emitter.NewTensor(emitter.Activation(shape));
  const TensorRef buffers =
      emitter.NewTensor({{call.parts * call.buffer_rows() * row_bytes}, DataType::u8, Tag::x});
  std::vector<TensorRef> tensors = {src, dst, buffers};
  if (emitter.readers().has_pool) {
    dst.sums = std::make_shared<TensorRef>(
        emitter.NewTensor({{shape.n, call.parts, shape.c}, DataType::f32, Tag::abc}));
    tensors.push_back(*dst.sums);
  }
  // The memories of parameters are captured to live as long as the step.
  emitter.KernelStep(
      expand.name + "+" + depthwise.name,
      kIsFloat ? std::string("own_expand:") + Float32Isa() : "own_expand:avx512_bf16",
      std::move(tensors), [call, weights, bias, parameters](std::span<void* const> addresses) {
        Run(call, static_cast<const T*>(addresses[0]), static_cast<T*>(addresses[1]),
            static_cast<T*>(addresses[2]),
            addresses.size() > 3 ? static_cast<float*>(addresses[3]) : nullptr);
      });
  return dst;
}

}  // namespace

bool TakesExpandKernels(const Node& expand, int src_channels, const Node& depthwise,
                        DataType type) {
  const auto* pointwise = std::get_if<Conv2d>(&expand.op);
  const auto* conv = std::get_if<Conv2d>(&depthwise.op);
  if (pointwise == nullptr || conv == nullptr || pointwise->kernel != 1 || pointwise->stride != 1 ||
      pointwise->groups != 1 || expand.inputs.size() != 1 || pointwise->post_ops.size() > 1 ||
      !TakesDepthwiseKernel(*conv, expand.shape.c, type)) {
    return false;
  }
  const std::optional<ActivationKind> activation = ActivationOf(*pointwise);
  // Neighbouring threads both compute some rows: exponentials cost more than strips save.
  if (activation.has_value() && activation != ActivationKind::kRelu &&
      activation != ActivationKind::kRelu6) {
    return false;
  }
  if (type == DataType::bf16 && src_channels % 2 != 0) return false;
  const std::int64_t element = type == DataType::f32 ? sizeof(float) : sizeof(BFloat16);
  return expand.shape.size() / expand.shape.n * element > kLeastBytes &&
         depthwise.shape.h >= kLeastRows;
}

TensorRef LowerExpand(const Node& expand, const Node& depthwise, const TensorRef& src,
                      Emitter& emitter) {
  return emitter.type() == DataType::f32 ? Emit<float>(expand, depthwise, src, emitter)
                                         : Emit<BFloat16>(expand, depthwise, src, emitter);
}

}  // namespace avocet
