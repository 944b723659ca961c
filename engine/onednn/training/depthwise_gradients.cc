#include "engine/onednn/training/depthwise_gradients.h"

#include <algorithm>
#include <cstdint>

#include "engine/graph/infer_shape.h"
#include "engine/kernels/channel_scale.h"
#include "engine/kernels/depthwise_backward.h"
#include "engine/onednn/team.h"
#include "engine/onednn/training/numbers.h"

namespace avocet {
namespace {

using DataType = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

DepthwiseSizes SizesOf(const Conv2d& conv, NodeId id, Tape& tape) {
  const Node& node = tape.graph().node(id);
  const Shape& src = tape.graph().node(node.inputs[0]).shape;
  const Pads pads = ResolvePads(conv, src.h, src.w);
  return {.channels = src.c,
          .height = src.h,
          .width = src.w,
          .out_height = node.shape.h,
          .out_width = node.shape.w,
          .kernel = conv.kernel,
          .stride = conv.stride,
          .pad_top = pads.top,
          .pad_left = pads.left};
}

dnnl::memory::desc PlainWeights(const DepthwiseSizes& sizes) {
  return {{sizes.channels, 1, 1, sizes.kernel, sizes.kernel}, DataType::f32, Tag::goihw};
}

void EmitDiffBias(NodeId id, const TensorRef& diff_dst, Tape& tape) {
  Emitter& emitter = tape.emitter();
  const Node& node = tape.graph().node(id);
  const int channels = node.shape.c;
  const int pixels = static_cast<int>(node.shape.size() / channels);
  const int parts = std::min(TeamSize(), pixels);
  const TensorRef sums =
      emitter.NewTensor({{std::int64_t{8} * parts * channels}, DataType::u8, Tag::x});
  const dnnl::memory::desc vector({channels}, DataType::f32, Tag::x);
  const TensorRef diff_bias = emitter.NewTensor(vector);
  WithType(emitter.type(), [&]<typename T>(T*) {
    emitter.KernelStep(node.name + ".diff_bias", "own:highway", {diff_dst, sums, diff_bias},
                       [=](std::span<void* const> addresses) {
                         auto* partial = static_cast<double*>(addresses[1]);
                         std::fill_n(partial, std::ptrdiff_t{parts} * channels, 0.0);
                         ParallelTeam(pixels, [&](int part, int begin, int end) {
                           const T* first = static_cast<const T*>(addresses[0]) +
                                            std::ptrdiff_t{begin} * channels;
                           AddProducts<T>(first, nullptr, end - begin, channels,
                                          partial + std::ptrdiff_t{part} * channels);
                         });
                         for (int c = 0; c < channels; ++c) {
                           double sum = 0;
                           for (int part = 0; part < parts; ++part)
                             sum += partial[part * channels + c];
                           static_cast<float*>(addresses[2])[c] = static_cast<float>(sum);
                         }
                       });
  });
  tape.StoreGradient(node.name + ".bias", diff_bias, vector);
}

}  // namespace

bool TakesDepthwiseGradients(const Conv2d& conv, int in_channels, std::string_view implementation) {
  return conv.groups == in_channels && conv.out_channels == in_channels && in_channels > 1 &&
         conv.kernel <= 7 && implementation.find("dw") == std::string_view::npos;
}

void EmitDepthwiseDiffSrc(const Conv2d& conv, NodeId id, const TensorRef& diff_dst, Tape& tape) {
  Emitter& emitter = tape.emitter();
  const std::string& name = tape.graph().node(id).name;
  const DepthwiseSizes sizes = SizesOf(conv, id, tape);
  const int images = tape.graph().node(id).shape.n;
  const dnnl::memory weights = tape.Parameter(name + ".weight", PlainWeights(sizes));
  const int taps = sizes.kernel * sizes.kernel;
  const TensorRef turned = emitter.NewTensor({{taps, sizes.channels}, DataType::f32, Tag::ab});
  const TensorRef diff_src = emitter.NewTensor(tape.Input(id).desc);
  WithType(emitter.type(), [&]<typename T>(T*) {
    emitter.KernelStep(
        name + ".diff_src", "own_dw:highway", {diff_dst, turned, diff_src},
        [=](std::span<void* const> addresses) {
          const auto* plain = static_cast<const float*>(weights.get_data_handle());
          auto* filter = static_cast<float*>(addresses[1]);
          for (int c = 0; c < sizes.channels; ++c) {
            for (int k = 0; k < taps; ++k) filter[k * sizes.channels + c] = plain[c * taps + k];
          }
          const std::ptrdiff_t src = std::ptrdiff_t{sizes.height} * sizes.width * sizes.channels;
          const std::ptrdiff_t dst =
              std::ptrdiff_t{sizes.out_height} * sizes.out_width * sizes.channels;
          ParallelRows(images, sizes.height, [&](int, int n, int begin, int end) {
            DepthwiseDiffSrc(sizes, static_cast<const T*>(addresses[0]) + n * dst, filter, begin,
                             end, static_cast<T*>(addresses[2]) + n * src);
          });
        });
  });
  tape.AddGradient(id, 0, diff_src);
}

void EmitDepthwiseDiffWeights(const Conv2d& conv, NodeId id, const TensorRef& src,
                              const TensorRef& diff_dst, Tape& tape) {
  Emitter& emitter = tape.emitter();
  const std::string& name = tape.graph().node(id).name;
  const DepthwiseSizes sizes = SizesOf(conv, id, tape);
  const int images = tape.graph().node(id).shape.n;
  const int taps = sizes.kernel * sizes.kernel;
  const int parts = std::min(TeamSize(), images * sizes.out_height);
  const TensorRef sums =
      emitter.NewTensor({{parts, taps, sizes.channels}, DataType::f32, Tag::abc});
  const dnnl::memory::desc plain = PlainWeights(sizes);
  const TensorRef diff_weights = emitter.NewTensor(plain);
  WithType(emitter.type(), [&]<typename T>(T*) {
    emitter.KernelStep(
        name + ".diff_weights", "own_dw:highway", {src, diff_dst, sums, diff_weights},
        [=](std::span<void* const> addresses) {
          const int count = taps * sizes.channels;
          auto* partial = static_cast<float*>(addresses[2]);
          std::fill_n(partial, std::ptrdiff_t{parts} * count, 0.0f);
          const std::ptrdiff_t from = std::ptrdiff_t{sizes.height} * sizes.width * sizes.channels;
          const std::ptrdiff_t to =
              std::ptrdiff_t{sizes.out_height} * sizes.out_width * sizes.channels;
          ParallelRows(images, sizes.out_height, [&](int part, int n, int begin, int end) {
            AddDepthwiseDiffWeights(sizes, static_cast<const T*>(addresses[0]) + n * from,
                                    static_cast<const T*>(addresses[1]) + n * to, begin, end,
                                    partial + std::ptrdiff_t{part} * count);
          });
          auto* diff = static_cast<float*>(addresses[3]);
          for (int c = 0; c < sizes.channels; ++c) {
            for (int k = 0; k < taps; ++k) {
              float sum = 0;
              for (int part = 0; part < parts; ++part) {
                sum += partial[part * count + k * sizes.channels + c];
              }
              diff[c * taps + k] = sum;
            }
          }
        });
  });
  if (tape.IsTrainable(name + ".weight")) {
    tape.StoreGradient(name + ".weight", diff_weights, plain);
  }
  if (conv.bias && tape.IsTrainable(name + ".bias")) EmitDiffBias(id, diff_dst, tape);
}

}  // namespace avocet
