#include "engine/onednn/training/depthwise_rows.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "engine/graph/infer_shape.h"
#include "engine/kernels/cpu.h"
#include "engine/kernels/depthwise.h"
#include "engine/onednn/training/depthwise_gradients.h"
#include "engine/onednn/training/pointwise_rows.h"

namespace avocet {
namespace {

using DataType = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

// A parameter [channels, taps] in the kernel's layout; `turned` by half a turn.
void PackFilters(const float* weights, int channels, int taps, bool turned, float* packed) {
  for (int c = 0; c < channels; ++c) {
    float* filter =
        packed + std::ptrdiff_t{c / kDepthwiseTile} * taps * kDepthwiseTile + c % kDepthwiseTile;
    for (int tap = 0; tap < taps; ++tap) {
      filter[tap * kDepthwiseTile] = weights[c * taps + (turned ? taps - 1 - tap : tap)];
    }
  }
}

// Emits dst = the convolution of src with the parameter or its half turn.
void EmitConvolution(const std::string& name, Depthwise<float> call, int kernel, int stride,
                     bool turned, const dnnl::memory& weights, std::optional<dnnl::memory> bias,
                     const TensorRef& src, const TensorRef& dst, Emitter& emitter) {
  const int taps = kernel * kernel;
  const int tiles = (call.channels + kDepthwiseTile - 1) / kDepthwiseTile;
  RowStep step;
  step.name = name;
  step.implementation = std::string("own_dw:") + Float32Isa();
  step.rows = static_cast<int>(dst.desc.get_dims()[0]) * call.out_height;
  step.by_row = {dst};
  step.reads = {src};
  step.writes = {
      emitter.NewTensor({{std::int64_t{tiles} * taps * kDepthwiseTile}, DataType::f32, Tag::x})};
  step.start = [=, channels = call.channels](RowStep::Whole whole) {
    PackFilters(static_cast<const float*>(weights.get_data_handle()), channels, taps, turned,
                static_cast<float*>(whole[1]));
  };
  step.run = [=](const Rows& turn, std::span<const RowTensor> tensors, RowStep::Whole whole) {
    const std::ptrdiff_t src_size = std::ptrdiff_t{call.height} * call.width * call.channels;
    const std::ptrdiff_t dst_row = std::ptrdiff_t{call.out_width} * call.channels;
    Depthwise<float> image = call;
    image.weights = static_cast<const float*>(whole[1]);
    image.bias = bias ? static_cast<const float*>(bias->get_data_handle()) : nullptr;
    ForImages(turn, call.out_height, [&](int n, int begin, int end, int offset) {
      image.src = static_cast<const float*>(whole[0]) + n * src_size;
      image.dst = static_cast<float*>(tensors[0].rows) + offset * dst_row;
      image.dst_begin = begin;
      RunDepthwise(image, kernel, stride, begin, end, nullptr);
    });
  };
  emitter.AppendRows(std::move(step));
}

}  // namespace

bool TakesDepthwiseRows(const Conv2d& conv, NodeId id, const Tape& tape) {
  const Node& node = tape.graph().node(id);
  const Shape& src = tape.graph().node(node.inputs[0]).shape;
  return conv.groups == src.c && conv.out_channels == src.c && src.c > 1 &&
         HasDepthwiseKernel(conv.kernel, conv.stride) && TakesRows(tape) &&
         src.size() * std::int64_t{sizeof(float)} >= tape.options().turns.large_tensor;
}

TensorRef LowerDepthwiseRows(const Conv2d& conv, NodeId id, Tape& tape) {
  Emitter& emitter = tape.emitter();
  const Node& node = tape.graph().node(id);
  const Shape from = tape.graph().node(node.inputs[0]).shape;
  const Shape to = node.shape;
  const Pads pads = ResolvePads(conv, from.h, from.w);
  const dnnl::memory weights = tape.Parameter(
      node.name + ".weight", {{from.c, 1, 1, conv.kernel, conv.kernel}, DataType::f32, Tag::goihw});
  std::optional<dnnl::memory> bias;
  if (conv.bias) bias = tape.Vector(node.name + ".bias", to.c);
  const Depthwise<float> forward = {.src = nullptr,
                                    .weights = nullptr,
                                    .bias = nullptr,
                                    .dst = nullptr,
                                    .channels = to.c,
                                    .height = from.h,
                                    .width = from.w,
                                    .out_height = to.h,
                                    .out_width = to.w,
                                    .pad_top = pads.top,
                                    .pad_left = pads.left,
                                    .activation = std::nullopt};
  const TensorRef src = tape.Input(id);
  const TensorRef dst = emitter.NewTensor(emitter.Activation(to));
  EmitConvolution(node.name, forward, conv.kernel, conv.stride, /*turned=*/false, weights, bias,
                  src, dst, emitter);
  tape.OnBackward(id, [=, &tape](const TensorRef& diff_dst) {
    const Node& self = tape.graph().node(id);
    if (tape.IsTrainable(self.name + ".weight") ||
        (conv.bias && tape.IsTrainable(self.name + ".bias"))) {
      EmitDepthwiseDiffWeights(conv, id, src, diff_dst, tape);
    }
    if (!tape.NeedsGradient(self.inputs[0])) return;
    if (conv.stride != 1) return EmitDepthwiseDiffSrc(conv, id, diff_dst, tape);
    Depthwise<float> backward = forward;
    std::swap(backward.height, backward.out_height);
    std::swap(backward.width, backward.out_width);
    backward.pad_top = conv.kernel - 1 - pads.top;
    backward.pad_left = conv.kernel - 1 - pads.left;
    const auto emit = [=, &tape] {
      const TensorRef diff_src = tape.emitter().NewTensor(src.desc);
      EmitConvolution(tape.graph().node(id).name + ".diff_src", backward, conv.kernel, 1,
                      /*turned=*/true, weights, std::nullopt, diff_dst, diff_src, tape.emitter());
      return diff_src;
    };
    tape.AddGradient(id, 0, emit(),
                     IsCheapAgain(conv, id, tape) ? emit : std::function<TensorRef()>());
  });
  return dst;
}

}  // namespace avocet
