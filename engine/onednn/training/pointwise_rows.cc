#include "engine/onednn/training/pointwise_rows.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "engine/kernels/bfloat16_products.h"
#include "engine/kernels/cpu.h"
#include "engine/kernels/outer_products.h"
#include "engine/kernels/pair_layout.h"
#include "engine/kernels/pointwise.h"
#include "engine/onednn/team.h"
#include "engine/onednn/training/channel_sums.h"

namespace avocet {
namespace {

using DataType = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

struct Sizes {
  int rows;   // of all images
  int width;  // pixels a row
  int in_channels;
  int out_channels;
};

Sizes SizesOf(NodeId id, const Tape& tape) {
  const Node& node = tape.graph().node(id);
  return {.rows = node.shape.n * node.shape.h,
          .width = node.shape.w,
          .in_channels = tape.graph().node(node.inputs[0]).shape.c,
          .out_channels = node.shape.c};
}

std::int64_t PackedSize(int from, int to) {
  return std::int64_t{PointwiseTiles(to)} * kPointwiseTile * from;
}

// A matrix [to, from], element (t, f) at t * to_stride + f * from_stride, as RunPointwise wants it.
void PackWeights(const float* matrix, int from, int to, std::ptrdiff_t from_stride,
                 std::ptrdiff_t to_stride, float* packed) {
  ParallelFor(PointwiseTiles(to), [&](int begin, int end) {
    for (int tile = begin; tile < end; ++tile) {
      const int first = tile * kPointwiseTile;
      const int count = std::min(kPointwiseTile, to - first);
      float* row = packed + std::ptrdiff_t{tile} * kPointwiseTile * from;
      for (int f = 0; f < from; ++f, row += kPointwiseTile) {
        const float* element = matrix + f * from_stride + first * to_stride;
        for (int t = 0; t < count; ++t) row[t] = element[t * to_stride];
        std::fill(row + count, row + kPointwiseTile, 0.0f);
      }
    }
  });
}
void PackWeights(const float* matrix, int from, int to, std::ptrdiff_t from_stride,
                 std::ptrdiff_t to_stride, BFloat16* packed) {
  const PairLayout layout = {.src = matrix,
                             .dst = packed,
                             .blocked_stride = to_stride,
                             .paired_stride = from_stride,
                             .blocked = to,
                             .paired = from,
                             .taps = 1,
                             .block = kPointwiseTile};
  ParallelFor(PairLayoutParts(layout),
              [&](int begin, int end) { RunPairLayout(layout, begin, end); });
}

// What multiplies each pixel of a tensor with a matrix.
struct Product {
  int width;
  int from;
  int to;
  std::ptrdiff_t from_stride;  // of the elements of the parameter
  std::ptrdiff_t to_stride;
  dnnl::memory weights;
  std::optional<dnnl::memory> bias;
};

template <typename T>
RowStep ProductStep(const std::string& name, int rows, const Product& product, const TensorRef& src,
                    const TensorRef& dst, Emitter& emitter) {
  const std::int64_t packed_size = PackedSize(product.from, product.to);
  RowStep step;
  step.name = name;
  step.implementation = std::string("own_1x1:") + PointwiseIsa<T>(product.from);
  step.rows = rows;
  step.by_row = {src, dst};
  step.writes = {emitter.NewTensor({{packed_size}, emitter.type(), Tag::x})};
  step.fixed_bytes = static_cast<std::size_t>(packed_size) * sizeof(T);
  step.start = [product](RowStep::Whole whole) {
    PackWeights(static_cast<const float*>(product.weights.get_data_handle()), product.from,
                product.to, product.from_stride, product.to_stride, static_cast<T*>(whole[0]));
  };
  step.run = [product](const Rows& turn, std::span<const RowTensor> tensors, RowStep::Whole whole) {
    const Pointwise<T> call = {
        .src = static_cast<const T*>(tensors[0].rows),
        .weights = static_cast<const T*>(whole[0]),
        .bias = product.bias ? static_cast<const float*>(product.bias->get_data_handle()) : nullptr,
        .gate = nullptr,
        .residual = nullptr,
        .dst = static_cast<T*>(tensors[1].rows),
        .in_channels = product.from,
        .out_channels = product.to,
        .activation = std::nullopt};
    RunPointwise(call, 0, turn.count() * product.width, 0, PointwiseTiles(product.to), nullptr);
  };
  return step;
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
  step.implementation = std::string("own_1x1:") + OuterProductsIsa<T>();
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
                         .sums_stride = sizes.in_channels});
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
  Product forward = {.width = sizes.width,
                     .from = sizes.in_channels,
                     .to = sizes.out_channels,
                     .from_stride = 1,
                     .to_stride = sizes.in_channels,
                     .weights = weights,
                     .bias = std::nullopt};
  if (conv.bias) forward.bias = tape.Vector(node.name + ".bias", sizes.out_channels);
  const TensorRef dst = emitter.NewTensor(emitter.Activation(node.shape));
  emitter.AppendRows(ProductStep<T>(node.name, sizes.rows, forward, tape.Input(id), dst, emitter));
  tape.OnBackward(id, [=, &tape, has_bias = conv.bias](const TensorRef& diff_dst) {
    const Node& self = tape.graph().node(id);
    if (tape.IsTrainable(self.name + ".weight")) {
      EmitDiffWeights<T>(sizes, id, tape.InputAgain(id), diff_dst, tape);
    }
    if (has_bias && tape.IsTrainable(self.name + ".bias")) {
      EmitChannelSums(self.name + ".diff_bias", self.name + ".bias", self.shape, diff_dst,
                      std::nullopt, tape);
    }
    if (!tape.NeedsGradient(self.inputs[0])) return;
    const Product backward = {.width = sizes.width,
                              .from = sizes.out_channels,
                              .to = sizes.in_channels,
                              .from_stride = sizes.in_channels,
                              .to_stride = 1,
                              .weights = weights,
                              .bias = std::nullopt};
    const TensorRef diff_src = tape.emitter().NewTensor(tape.Input(id).desc);
    tape.emitter().AppendRows(ProductStep<T>(self.name + ".diff_src", sizes.rows, backward,
                                             diff_dst, diff_src, tape.emitter()));
    tape.AddGradient(id, 0, diff_src);
  });
  return dst;
}

}  // namespace

bool TakesRows(const Tape& tape) { return tape.type() == DataType::f32 && HasFloat32Kernels(); }

bool MultipliesPairs(const Tape& tape) {
  return tape.type() == DataType::bf16 && HasBFloat16Kernels() && !HasAmxKernels() &&
         !MultipliesBFloat16AsFloat();
}

bool TakesPointwiseRows(const Conv2d& conv, NodeId id, const Tape& tape) {
  const Sizes sizes = SizesOf(id, tape);
  const bool takes_pairs =
      MultipliesPairs(tape) && sizes.in_channels % 2 == 0 && sizes.out_channels % 2 == 0;
  if (conv.kernel != 1 || conv.stride != 1 || conv.groups != 1) return false;
  if (!TakesRows(tape) && !takes_pairs) return false;
  const TurnOptions& turns = tape.options().turns;
  const std::int64_t bytes = takes_pairs ? sizeof(BFloat16) : sizeof(float);  // a number
  const std::int64_t channels = std::max(sizes.in_channels, sizes.out_channels);
  const std::int64_t weights = std::int64_t{sizes.in_channels} * sizes.out_channels;
  return channels * sizes.rows * sizes.width * bytes >= turns.large_tensor &&
         // Else turns would fetch weights and sums rather than rows.
         (weights * bytes <= static_cast<std::int64_t>(turns.bytes) || turns.large_tensor == 0);
}

TensorRef LowerPointwiseRows(const Conv2d& conv, NodeId id, Tape& tape) {
  return tape.type() == DataType::f32 ? Lower<float>(conv, id, tape)
                                      : Lower<BFloat16>(conv, id, tape);
}

}  // namespace avocet
