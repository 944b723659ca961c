#include "engine/onednn/training/winograd.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "engine/kernels/outer_products.h"
#include "engine/kernels/winograd_backward.h"
#include "engine/onednn/lower_winograd.h"
#include "engine/onednn/team.h"
#include "engine/onednn/training/channel_sums.h"

namespace avocet {
namespace {

using DataType = dnnl::memory::data_type;
using Dims = dnnl::memory::dims;
using Tag = dnnl::memory::format_tag;

// Tiles whose points are in memory at once: what AddOuterProducts sums between two updates.
constexpr int kBlockTiles = 128;

// A convolution of so many images, by `filters` as WinogradFilters has them.
void EmitConvolution(const std::string& name, const WinogradSizes& sizes, int images,
                     bool is_turned, const TensorRef& src, const TensorRef& filters,
                     const std::optional<dnnl::memory>& bias, const TensorRef& dst,
                     Emitter& emitter) {
  emitter.KernelStep(
      name, "own_winograd" + std::to_string(sizes.tile) + ":highway",
      {src, filters, dst, WinogradScratch(sizes, images, emitter)},
      [=](std::span<void* const> addresses) {
        const Winograd<float> call = {
            .sizes = sizes,
            .src = static_cast<const float*>(addresses[0]),
            .filters = static_cast<const float*>(addresses[1]),
            .is_turned = is_turned,
            .bias = bias ? static_cast<const float*>(bias->get_data_handle()) : nullptr,
            .residual = nullptr,
            .dst = static_cast<float*>(addresses[2]),
            .activation = std::nullopt};
        RunWinogradTeam(call, images, static_cast<float*>(addresses[3]));
      });
}

// The parameter of filters, [O, I, 3, 3] with the strides given, as WinogradFilters.
TensorRef Filters(const std::string& name, const Dims& dims, const Dims& strides, Tape& tape) {
  return std::get<TensorRef>(tape.Weights(name + ".weight", {dims, DataType::f32, strides},
                                          WinogradFilters(dims, DataType::f32)));
}

// Where the tiles of a block are transformed to, and what is summed of them.
struct Block {
  std::ptrdiff_t src_stride;  // from point to point
  std::ptrdiff_t diff_stride;
  std::ptrdiff_t filters;  // sums of a point
};

void AddBlock(const WinogradSizes& sizes, const Block& block, int first, int last, const float* src,
              const float* diff_dst, float* src_points, float* diff_points, float* sums) {
  ParallelFor(last - first, [&](int begin, int end) {
    TransformWinogradSource(sizes, src, first + begin, first + end, block.src_stride,
                            src_points + std::ptrdiff_t{begin} * sizes.in_channels);
    TransformWinogradDiffDst(sizes, diff_dst, first + begin, first + end, block.diff_stride,
                             diff_points + std::ptrdiff_t{begin} * sizes.out_channels);
  });
  ParallelFor(sizes.points(), [&](int begin, int end) {
    for (int point = begin; point < end; ++point) {
      AddOuterProducts({.left = src_points + point * block.src_stride,
                        .left_stride = sizes.in_channels,
                        .left_channels = sizes.in_channels,
                        .right = diff_points + point * block.diff_stride,
                        .right_stride = sizes.out_channels,
                        .right_channels = sizes.out_channels,
                        .pixels = last - first,
                        .sums = sums + point * block.filters,
                        .sums_stride = sizes.out_channels});
    }
  });
}

void EmitDiffWeights(const WinogradSizes& sizes, int images, NodeId id, const TensorRef& src,
                     const TensorRef& diff_dst, Tape& tape) {
  Emitter& emitter = tape.emitter();
  const std::string& name = tape.graph().node(id).name;
  const Block block = {.src_stride = WinogradPointStride(kBlockTiles, sizes.in_channels),
                       .diff_stride = WinogradPointStride(kBlockTiles, sizes.out_channels),
                       .filters = std::ptrdiff_t{sizes.in_channels} * sizes.out_channels};
  const auto scratch = [&](std::int64_t size) {
    return emitter.NewTensor({{size}, DataType::f32, Tag::x});
  };
  emitter.KernelStep(
      name + ".diff_weights", "own_winograd" + std::to_string(sizes.tile) + ":highway",
      {src, diff_dst, scratch(sizes.points() * block.src_stride),
       scratch(sizes.points() * block.diff_stride), scratch(sizes.points() * block.filters),
       scratch(9 * block.filters)},
      [=, store = tape.GradientStore(name + ".weight")](std::span<void* const> addresses) {
        auto* const sums = static_cast<float*>(addresses[4]);
        auto* const diff_weights = static_cast<float*>(addresses[5]);
        ParallelFor(sizes.points(), [&](int begin, int end) {
          std::fill(sums + begin * block.filters, sums + end * block.filters, 0.0f);
        });
        const int tiles = images * sizes.tiles();
        for (int first = 0; first < tiles; first += kBlockTiles) {
          AddBlock(sizes, block, first, std::min(tiles, first + kBlockTiles),
                   static_cast<const float*>(addresses[0]), static_cast<const float*>(addresses[1]),
                   static_cast<float*>(addresses[2]), static_cast<float*>(addresses[3]), sums);
        }
        ParallelFor(sizes.out_channels / kWinogradChannels, [&](int begin, int end) {
          WinogradDiffWeights(sizes, sums, begin * kWinogradChannels, end * kWinogradChannels,
                              diff_weights);
        });
        store(diff_weights);
      });
}

// Of the convolution that takes the gradient of the result to that of the source.
WinogradSizes Backward(const WinogradSizes& sizes) {
  WinogradSizes backward = sizes;
  std::swap(backward.in_channels, backward.out_channels);
  std::swap(backward.height, backward.out_height);
  std::swap(backward.width, backward.out_width);
  backward.pad_top = 2 - sizes.pad_top;
  backward.pad_left = 2 - sizes.pad_left;
  return backward;
}

// The result with rounding errors as small as a plain sum's: a sign of its own at a ReLU takes the
// gradients another way than PyTorch's. The gradients themselves are linear.
constexpr int kForwardTile = 2;
constexpr int kBackwardTile = 4;

std::optional<WinogradSizes> SizesOf(const Conv2d& conv, NodeId id, const Tape& tape, int tile) {
  const Shape& src = tape.graph().node(tape.graph().node(id).inputs[0]).shape;
  if (tape.type() != DataType::f32) return std::nullopt;
  return WinogradSizesOf(conv, src, tape.type(), tile);
}

}  // namespace

bool TakesWinograd(const Conv2d& conv, NodeId id, const Tape& tape) {
  return SizesOf(conv, id, tape, kForwardTile).has_value();
}

TensorRef LowerWinogradTraining(const Conv2d& conv, NodeId id, Tape& tape) {
  const WinogradSizes forward = *SizesOf(conv, id, tape, kForwardTile);
  const WinogradSizes sizes = SizesOf(conv, id, tape, kBackwardTile).value_or(forward);
  Emitter& emitter = tape.emitter();
  const Node& node = tape.graph().node(id);
  const int images = node.shape.n;
  const TensorRef src = tape.Input(id);
  std::optional<dnnl::memory> bias;
  if (conv.bias) bias = tape.Vector(node.name + ".bias", sizes.out_channels);
  const std::int64_t in = sizes.in_channels;
  const std::int64_t out = sizes.out_channels;
  const TensorRef dst = emitter.NewTensor(emitter.Activation(node.shape));
  EmitConvolution(node.name, forward, images, /*is_turned=*/false, src,
                  Filters(node.name, {out, in, 3, 3}, {in * 9, 9, 3, 1}, tape), bias, dst, emitter);
  tape.OnBackward(id, [=, &tape, has_bias = conv.bias](const TensorRef& diff_dst) {
    const Node& self = tape.graph().node(id);
    if (tape.IsTrainable(self.name + ".weight")) {
      EmitDiffWeights(sizes, images, id, src, diff_dst, tape);
    }
    if (has_bias && tape.IsTrainable(self.name + ".bias")) {
      EmitChannelSums(self.name + ".diff_bias", self.name + ".bias", self.shape, diff_dst,
                      std::nullopt, tape);
    }
    if (!tape.NeedsGradient(self.inputs[0])) return;
    const TensorRef diff_src = tape.emitter().NewTensor(src.desc);
    EmitConvolution(self.name + ".diff_src", Backward(sizes), images, /*is_turned=*/true, diff_dst,
                    Filters(self.name, {in, out, 3, 3}, {9, in * 9, 3, 1}, tape), std::nullopt,
                    diff_src, tape.emitter());
    tape.AddGradient(id, 0, diff_src);
  });
  return dst;
}

}  // namespace avocet
