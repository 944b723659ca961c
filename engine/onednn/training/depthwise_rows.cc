#include "engine/onednn/training/depthwise_rows.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "engine/kernels/cpu.h"
#include "engine/kernels/depthwise.h"
#include "engine/onednn/training/depthwise_gradients.h"
#include "engine/onednn/training/depthwise_source.h"
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

// Emits dst = the convolution of `source` with the parameter or its half turn.
void EmitConvolution(const std::string& name, const DepthwiseSizes& sizes, bool turned,
                     const dnnl::memory& weights, std::optional<dnnl::memory> bias,
                     const DepthwiseSource& source, const TensorRef& dst, Emitter& emitter) {
  const int taps = sizes.kernel * sizes.kernel;
  const int tiles = (sizes.channels + kDepthwiseTile - 1) / kDepthwiseTile;
  RowStep step;
  step.name = name;
  step.implementation = std::string("own_dw:") + Float32Isa();
  step.rows = static_cast<int>(dst.desc.get_dims()[0]) * sizes.out_height;
  step.by_row = {dst};
  step.writes = {
      emitter.NewTensor({{std::int64_t{tiles} * taps * kDepthwiseTile}, DataType::f32, Tag::x})};
  step.start = [=](RowStep::Whole whole) {
    PackFilters(static_cast<const float*>(weights.get_data_handle()), sizes.channels, taps, turned,
                static_cast<float*>(source.Own(whole)[0]));
  };
  step.run = [=](const Rows& turn, std::span<const RowTensor> tensors, RowStep::Whole whole) {
    const std::ptrdiff_t row = std::ptrdiff_t{sizes.out_width} * sizes.channels;
    source.ForWindows(turn, whole, [&](const DepthwiseSource::Window& window, int offset) {
      const Depthwise<float> image = {
          .src = static_cast<const float*>(window.src),
          .weights = static_cast<const float*>(source.Own(whole)[0]),
          .bias = bias ? static_cast<const float*>(bias->get_data_handle()) : nullptr,
          .dst = static_cast<float*>(tensors[0].rows) + offset * row,
          .channels = sizes.channels,
          .height = window.height,
          .width = sizes.width,
          .out_height = sizes.out_height,
          .out_width = sizes.out_width,
          .pad_top = window.pad_top,
          .pad_left = sizes.pad_left,
          .activation = std::nullopt,
          .dst_begin = window.first};
      RunDepthwise(image, sizes.kernel, sizes.stride, window.first, window.first + window.count,
                   nullptr);
    });
  };
  source.AddTo(step, emitter);
  emitter.AppendRows(std::move(step));
}

}  // namespace

bool TakesDepthwiseRows(NodeId id, const Tape& tape) {
  const Node& node = tape.graph().node(id);
  const auto* const conv = std::get_if<Conv2d>(&node.op);
  if (conv == nullptr) return false;
  const int channels = tape.graph().node(node.inputs[0]).shape.c;
  return conv->groups == channels && conv->out_channels == channels && channels > 1 &&
         HasDepthwiseKernel(conv->kernel, conv->stride) && TakesRows(tape) &&
         ReadsLargeTensor(id, tape);
}

TensorRef LowerDepthwiseRows(const Conv2d& conv, NodeId id, Tape& tape) {
  Emitter& emitter = tape.emitter();
  const Node& node = tape.graph().node(id);
  const Shape from = tape.graph().node(node.inputs[0]).shape;
  const Shape to = node.shape;
  const dnnl::memory weights = tape.Parameter(
      node.name + ".weight", {{from.c, 1, 1, conv.kernel, conv.kernel}, DataType::f32, Tag::goihw});
  std::optional<dnnl::memory> bias;
  if (conv.bias) bias = tape.Vector(node.name + ".bias", to.c);
  const DepthwiseSizes forward = DepthwiseSizesOf(conv, id, tape);
  const TensorRef dst = emitter.NewTensor(emitter.Activation(to));
  EmitConvolution(node.name, forward, /*turned=*/false, weights, bias,
                  DepthwiseSource(forward, id, tape), dst, emitter);
  tape.OnBackward(id, [=, &tape](const TensorRef& diff_dst) {
    const Node& self = tape.graph().node(id);
    if (tape.IsTrainable(self.name + ".weight") ||
        (conv.bias && tape.IsTrainable(self.name + ".bias"))) {
      EmitDepthwiseDiffWeights(conv, id, diff_dst, tape);
    }
    if (!tape.NeedsGradient(self.inputs[0])) return;
    if (conv.stride != 1) return EmitDepthwiseDiffSrc(conv, id, diff_dst, tape);
    DepthwiseSizes backward = forward;
    std::swap(backward.height, backward.out_height);
    std::swap(backward.width, backward.out_width);
    backward.pad_top = conv.kernel - 1 - forward.pad_top;
    backward.pad_left = conv.kernel - 1 - forward.pad_left;
    const auto emit = [=, &tape] {
      const TensorRef diff_src = tape.emitter().NewTensor(tape.emitter().Activation(from));
      EmitConvolution(tape.graph().node(id).name + ".diff_src", backward, /*turned=*/true, weights,
                      std::nullopt, DepthwiseSource(backward, diff_dst), diff_src, tape.emitter());
      return diff_src;
    };
    tape.AddGradient(id, 0, emit(),
                     IsCheapAgain(conv, id, tape) ? emit : std::function<TensorRef()>());
  });
  return dst;
}

}  // namespace avocet
