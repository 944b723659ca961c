#include "engine/onednn/training/pointwise_rows.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "engine/kernels/bfloat16_products.h"
#include "engine/kernels/cpu.h"
#include "engine/kernels/outer_products.h"
#include "engine/kernels/pointwise_digits.h"
#include "engine/onednn/team.h"
#include "engine/onednn/training/channel_sums.h"
#include "engine/onednn/training/dense_gradients.h"
#include "engine/onednn/training/pixel_product.h"

namespace avocet {
namespace {

using DataType = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

struct Sizes {
  int rows;   // of all images
  int width;  // pixels a row
  int in_channels;
  int out_channels;
  bool takes_turns;
};

Sizes SizesOf(NodeId id, const Tape& tape) {
  const Node& node = tape.graph().node(id);
  Sizes sizes = {.rows = node.shape.n * node.shape.h,
                 .width = node.shape.w,
                 .in_channels = tape.graph().node(node.inputs[0]).shape.c,
                 .out_channels = node.shape.c,
                 .takes_turns = false};
  const TurnOptions& turns = tape.options().turns;
  const std::int64_t bytes = tape.type() == DataType::f32 ? sizeof(float) : sizeof(BFloat16);
  const std::int64_t channels = std::max(sizes.in_channels, sizes.out_channels);
  const std::int64_t weights = std::int64_t{sizes.in_channels} * sizes.out_channels;
  sizes.takes_turns =
      channels * sizes.rows * sizes.width * bytes >= turns.large_tensor &&
      // Else turns would fetch weights and sums rather than rows.
      (weights * bytes <= static_cast<std::int64_t>(turns.bytes) || turns.large_tensor == 0);
  return sizes;
}

// Pixels that a thread takes at once: a block of the kernel's, or half of one where there are few
// blocks to share.
int ChunkOf(int pixels) {
  constexpr int kFewBlocks = 8;
  return pixels >= kFewBlocks * kDigitBlockPixels ? kDigitBlockPixels : kDigitBlockPixels / 2;
}

// The product of all pixels, as a row step or, where the tensors are small, as a step of its own.
template <typename T>
void EmitProduct(const std::string& name, const Sizes& sizes, const PixelProduct& product,
                 const TensorRef& src, const TensorRef& dst, Emitter& emitter) {
  const std::int64_t bytes = product.PackedBytes<T>();
  const TensorRef packed = emitter.NewTensor({{bytes}, DataType::u8, Tag::x});
  if (!sizes.takes_turns) {
    emitter.KernelStep(
        name, product.Implementation<T>(), {src, dst, packed},
        [=](std::span<void* const> addresses) {
          product.Pack<T>(addresses[2]);
          const int pixels = sizes.rows * sizes.width;
          ParallelChunks(pixels, ChunkOf(pixels), [&](int begin, int end) {
            product.Run<T>(
                addresses[2],
                static_cast<const T*>(addresses[0]) + std::ptrdiff_t{begin} * product.from,
                static_cast<T*>(addresses[1]) + std::ptrdiff_t{begin} * product.to, end - begin);
          });
        });
    return;
  }
  RowStep step;
  step.name = name;
  step.implementation = product.Implementation<T>();
  step.rows = sizes.rows;
  step.by_row = {src, dst};
  step.writes = {packed};
  step.fixed_bytes = static_cast<std::size_t>(bytes);
  step.start = [product](RowStep::Whole whole) { product.Pack<T>(whole[0]); };
  step.run = [product, width = sizes.width](const Rows& turn, std::span<const RowTensor> tensors,
                                            RowStep::Whole whole) {
    product.Run<T>(whole[0], static_cast<const T*>(tensors[0].rows),
                   static_cast<T*>(tensors[1].rows), turn.count() * width);
  };
  emitter.AppendRows(std::move(step));
}

template <typename T>
void EmitDiffWeights(const Sizes& sizes, NodeId id, const TensorRef& src, const TensorRef& diff_dst,
                     Tape& tape) {
  Emitter& emitter = tape.emitter();
  const std::string name = tape.graph().node(id).name;
  const int count = sizes.in_channels * sizes.out_channels;
  const int parts = std::min(TeamSize(), sizes.rows);
  RowStep step;
  step.name = name + ".diff_weights";
  const bool in_digits =
      std::is_same_v<T, float> && MultipliesDigits(sizes.in_channels, sizes.out_channels);
  step.implementation = std::string("own_1x1:") + OuterProductsIsa<T>(in_digits);
  step.rows = sizes.rows;
  step.by_row = {src, diff_dst};
  step.writes = {emitter.NewTensor({{parts, count}, DataType::f32, Tag::ab})};
  step.fixed_bytes = static_cast<std::size_t>(count) * sizeof(float);
  step.start = [=](RowStep::Whole whole) {
    ParallelTeam(parts, [&](int, int begin, int end) {
      std::fill(static_cast<float*>(whole[0]) + std::ptrdiff_t{begin} * count,
                static_cast<float*>(whole[0]) + std::ptrdiff_t{end} * count, 0.0f);
    });
  };
  step.run = [=](const Rows& turn, std::span<const RowTensor> tensors, RowStep::Whole whole) {
    AddOuterProducts(
        OuterProducts<T>{.left = static_cast<const T*>(tensors[1].rows),
                         .left_stride = sizes.out_channels,
                         .left_channels = sizes.out_channels,
                         .right = static_cast<const T*>(tensors[0].rows),
                         .right_stride = sizes.in_channels,
                         .right_channels = sizes.in_channels,
                         .pixels = turn.count() * sizes.width,
                         .sums = static_cast<float*>(whole[0]) + std::ptrdiff_t{turn.part} * count,
                         .sums_stride = sizes.in_channels,
                         .in_digits = in_digits});
  };
  step.finish = [=, store = tape.GradientStore(name + ".weight")](RowStep::Whole whole) {
    auto* sums = static_cast<float*>(whole[0]);
    ParallelFor(count, [&](int begin, int end) {
      for (int part = 1; part < parts; ++part) {
        const float* own = sums + std::ptrdiff_t{part} * count;
        for (int i = begin; i < end; ++i) sums[i] += own[i];
      }
    });
    store(sums);
  };
  emitter.AppendRows(std::move(step));
}

template <typename T>
TensorRef Lower(const Conv2d& conv, NodeId id, Tape& tape) {
  Emitter& emitter = tape.emitter();
  const Node& node = tape.graph().node(id);
  const Sizes sizes = SizesOf(id, tape);
  const dnnl::memory weights =
      tape.Parameter(node.name + ".weight",
                     {{sizes.out_channels, sizes.in_channels, 1, 1}, DataType::f32, Tag::oihw});
  PixelProduct forward = {.from = sizes.in_channels,
                          .to = sizes.out_channels,
                          .from_stride = 1,
                          .to_stride = sizes.in_channels,
                          .matrix = weights,
                          .bias = std::nullopt};
  if (conv.bias) forward.bias = tape.Vector(node.name + ".bias", sizes.out_channels);
  const TensorRef dst = emitter.NewTensor(emitter.Activation(node.shape));
  EmitProduct<T>(node.name, sizes, forward, tape.Input(id), dst, emitter);
  tape.OnBackward(id, [=, &tape, has_bias = conv.bias](const TensorRef& diff_dst) {
    const Node& self = tape.graph().node(id);
    if (!sizes.takes_turns) {
      EmitDenseDiffWeights(conv, id, tape.Input(id), diff_dst, tape);
    } else {
      if (tape.IsTrainable(self.name + ".weight")) {
        EmitDiffWeights<T>(sizes, id, tape.InputAgain(id), diff_dst, tape);
      }
      if (has_bias && tape.IsTrainable(self.name + ".bias")) {
        EmitChannelSums(self.name + ".diff_bias", self.name + ".bias", self.shape, diff_dst,
                        std::nullopt, tape);
      }
    }
    if (!tape.NeedsGradient(self.inputs[0])) return;
    const PixelProduct backward = {.from = sizes.out_channels,
                                   .to = sizes.in_channels,
                                   .from_stride = sizes.in_channels,
                                   .to_stride = 1,
                                   .matrix = weights,
                                   .bias = std::nullopt};
    const TensorRef diff_src = tape.emitter().NewTensor(tape.Input(id).desc);
    EmitProduct<T>(self.name + ".diff_src", sizes, backward, diff_dst, diff_src, tape.emitter());
    tape.AddGradient(id, 0, diff_src);
  });
  return dst;
}

}  // namespace

bool TakesRows(const Tape& tape) { return tape.type() == DataType::f32 && HasFloat32Kernels(); }

bool MultipliesPairs(const Tape& tape) {
  return tape.type() == DataType::bf16 && HasBFloat16Kernels() && !MultipliesBFloat16AsFloat();
}

bool TakesPointwiseRows(const Conv2d& conv, NodeId id, const Tape& tape) {
  if (conv.kernel != 1 || conv.stride != 1 || conv.groups != 1) return false;
  const Sizes sizes = SizesOf(id, tape);
  if (sizes.takes_turns) {
    const bool in_pairs = sizes.in_channels % 2 == 0 && sizes.out_channels % 2 == 0;
    return TakesRows(tape) || (MultipliesPairs(tape) && in_pairs);
  }
  // Of fewer pixels, as a squeeze-and-excite block has, weights take longer to cut into digits.
  constexpr int kLeastPixels = 256;
  return tape.type() == DataType::f32 && MultipliesDigits(sizes.in_channels, sizes.out_channels) &&
         sizes.rows * sizes.width >= kLeastPixels;
}

TensorRef LowerPointwiseRows(const Conv2d& conv, NodeId id, Tape& tape) {
  return tape.type() == DataType::f32 ? Lower<float>(conv, id, tape)
                                      : Lower<BFloat16>(conv, id, tape);
}

}  // namespace avocet
