#include "engine/onednn/training/dense_gradients.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/graph/infer_shape.h"
#include "engine/kernels/cpu.h"
#include "engine/kernels/outer_products.h"
#include "engine/onednn/team.h"
#include "engine/onednn/training/channel_sums.h"
#include "engine/onednn/training/pixel_product.h"
#include "engine/onednn/training/pointwise_rows.h"

namespace avocet {
namespace {

using DataType = dnnl::memory::data_type;
using Tag = dnnl::memory::format_tag;

struct Sizes {
  Shape src;
  Shape dst;
  int kernel;
  int stride;
  Pads pads;

  int pixels() const { return dst.n * dst.h * dst.w; }
  int patch() const { return kernel * kernel * src.c; }  // numbers
  // Whether a patch is a pixel, and so the sums are the gradient as they are.
  bool is_pointwise() const { return kernel == 1; }
  // Whether the patches lie in `src` as the products want them.
  bool is_dense() const { return kernel == 1 && stride == 1; }
};

Sizes SizesOf(const Conv2d& conv, NodeId id, const Tape& tape) {
  const Node& node = tape.graph().node(id);
  const Shape& src = tape.graph().node(node.inputs[0]).shape;
  return {.src = src,
          .dst = node.shape,
          .kernel = conv.kernel,
          .stride = conv.stride,
          .pads = ResolvePads(conv, src.h, src.w)};
}

// The numbers [first, last) of what a result's pixel is made of, [kernel, kernel, C].
template <typename T>
void CopyPatch(const Sizes& sizes, const T* src, int pixel, int first, int last, T* patch) {
  const int across = pixel % sizes.dst.w;
  const int down = pixel / sizes.dst.w % sizes.dst.h;
  const int image = pixel / sizes.dst.w / sizes.dst.h;
  const int top = down * sizes.stride - sizes.pads.top;
  const int left = across * sizes.stride - sizes.pads.left;
  const int channels = sizes.src.c;
  for (int at = first; at < last;) {
    const int tap = at / channels;
    const int end = std::min(last, (tap + 1) * channels);
    const int row = top + tap / sizes.kernel;
    const int column = left + tap % sizes.kernel;
    if (row < 0 || row >= sizes.src.h || column < 0 || column >= sizes.src.w) {
      std::fill_n(patch, end - at, T{});
    } else {
      const T* from =
          src + ((std::ptrdiff_t{image} * sizes.src.h + row) * sizes.src.w + column) * channels;
      std::copy_n(from + (at - tap * channels), end - at, patch);
    }
    patch += end - at;
    at = end;
  }
}

template <typename T>
bool InDigits(const Sizes& sizes) {
  return std::is_same_v<T, float> && MultipliesDigits(sizes.patch(), sizes.dst.c);
}

// Of `length` channels, those that a thread of the team takes at once.
int ChunkOf(int length) {
  constexpr int kUnit = 16;  // whole tiles of left, and of right but for the last
  // Chunks of fewer channels would rather pack the other side than multiply.
  constexpr int kLeastOfMany = 192;
  const int threads = TeamSize();
  const int chunks = length >= 2 * threads * kLeastOfMany ? 2 * threads : threads;
  const int units = (length + kUnit - 1) / kUnit;
  return (units + chunks - 1) / chunks * kUnit;
}

// Adds the products of the channels of the gradient with those of the source, where patches are
// pixels, to `sums` [O, patch]. The team shares the longer side: each sum is one thread's.
template <typename T>
void AddDenseProducts(const Sizes& sizes, const T* src, const T* diff_dst, float* sums) {
  const bool by_patch = sizes.patch() > sizes.dst.c;
  const int length = by_patch ? sizes.patch() : sizes.dst.c;
  ParallelChunks(length, ChunkOf(length), [&](int first, int last) {
    const int count = last - first;
    AddOuterProducts(
        OuterProducts<T>{.left = by_patch ? diff_dst : diff_dst + first,
                         .left_stride = sizes.dst.c,
                         .left_channels = by_patch ? sizes.dst.c : count,
                         .right = by_patch ? src + first : src,
                         .right_stride = sizes.patch(),
                         .right_channels = by_patch ? count : sizes.patch(),
                         .pixels = sizes.pixels(),
                         .sums = sums + (by_patch ? first : std::ptrdiff_t{first} * sizes.patch()),
                         .sums_stride = sizes.patch(),
                         .is_far = true,
                         .in_digits = InDigits<T>(sizes)});
  });
}

// Patches that a thread copies at once, its part of each: so many bytes that the second-level cache
// keeps them, in blocks of the products' kernel.
template <typename T>
int PatchesAtOnce(const Sizes& sizes) {
  constexpr int kNumbers = (1 << 19) / int{sizeof(T)};
  constexpr int kBlock = 128;
  return std::max(1, kNumbers / ChunkOf(sizes.patch()) / kBlock) * kBlock;
}

// The same of any convolution; `patches` [patch] * PatchesAtOnce has room for every thread's parts.
template <typename T>
void AddPatchProducts(const Sizes& sizes, const T* src, const T* diff_dst, T* patches,
                      float* sums) {
  const int step = PatchesAtOnce<T>(sizes);
  ParallelChunks(sizes.patch(), ChunkOf(sizes.patch()), [&](int first, int last) {
    const int count = last - first;
    T* const own = patches + std::ptrdiff_t{first} * step;
    for (int pixel = 0; pixel < sizes.pixels(); pixel += step) {
      const int pixels = std::min(step, sizes.pixels() - pixel);
      for (int i = 0; i < pixels; ++i) {
        CopyPatch(sizes, src, pixel + i, first, last, own + std::ptrdiff_t{i} * count);
      }
      AddOuterProducts(OuterProducts<T>{.left = diff_dst + std::ptrdiff_t{pixel} * sizes.dst.c,
                                        .left_stride = sizes.dst.c,
                                        .left_channels = sizes.dst.c,
                                        .right = own,
                                        .right_stride = count,
                                        .right_channels = count,
                                        .pixels = pixels,
                                        .sums = sums + first,
                                        .sums_stride = sizes.patch(),
                                        .is_far = true,
                                        .in_digits = InDigits<T>(sizes)});
    }
  });
}

template <typename T>
void AddAllProducts(const Sizes& sizes, const T* src, const T* diff_dst, T* patches, float* sums) {
  if (sizes.is_dense()) return AddDenseProducts(sizes, src, diff_dst, sums);
  AddPatchProducts(sizes, src, diff_dst, patches, sums);
}

// From [O, kernel, kernel, I] to [O, I, kernel, kernel].
void Transpose(const Sizes& sizes, const float* sums, float* diff_weights) {
  const int taps = sizes.kernel * sizes.kernel;
  ParallelFor(sizes.dst.c, [&](int begin, int end) {
    for (int out = begin; out < end; ++out) {
      const float* from = sums + std::ptrdiff_t{out} * sizes.patch();
      float* to = diff_weights + std::ptrdiff_t{out} * sizes.patch();
      for (int tap = 0; tap < taps; ++tap) {
        for (int c = 0; c < sizes.src.c; ++c) to[c * taps + tap] = *from++;
      }
    }
  });
}

template <typename T>
void EmitDiffWeights(const Sizes& sizes, NodeId id, const TensorRef& src, const TensorRef& diff_dst,
                     Tape& tape) {
  Emitter& emitter = tape.emitter();
  const std::string weight = tape.graph().node(id).name + ".weight";
  const std::string implementation =
      std::string("own_dense:") + OuterProductsIsa<T>(InDigits<T>(sizes));
  const std::string step = tape.graph().node(id).name + ".diff_weights";
  const auto scratch = [&](std::int64_t count, DataType type) {
    return emitter.NewTensor({{count}, type, Tag::x});
  };
  const std::int64_t patches = std::int64_t{PatchesAtOnce<T>(sizes)} * sizes.patch();
  const TensorRef patch = scratch(sizes.is_dense() ? 1 : patches, tape.type());
  const auto add = [=](std::span<void* const> addresses, float* sums) {
    AddAllProducts(sizes, static_cast<const T*>(addresses[0]), static_cast<const T*>(addresses[1]),
                   static_cast<T*>(addresses[2]), sums);
  };
  if (sizes.is_pointwise()) {
    emitter.KernelStep(step, implementation, {src, diff_dst, patch},
                       [=, into = tape.GradientSums(weight)](std::span<void* const> addresses) {
                         into([&](float* sums) { add(addresses, sums); });
                       });
    return;
  }
  const std::int64_t size = std::int64_t{sizes.dst.c} * sizes.patch();
  emitter.KernelStep(
      step, implementation,
      {src, diff_dst, patch, scratch(size, DataType::f32), scratch(size, DataType::f32)},
      [=, store = tape.GradientStore(weight)](std::span<void* const> addresses) {
        auto* const sums = static_cast<float*>(addresses[3]);
        ParallelFor(sizes.dst.c, [&](int begin, int end) {
          std::fill(sums + std::ptrdiff_t{begin} * sizes.patch(),
                    sums + std::ptrdiff_t{end} * sizes.patch(), 0.0f);
        });
        add(addresses, sums);
        auto* const diff_weights = static_cast<float*>(addresses[4]);
        Transpose(sizes, sums, diff_weights);
        store(diff_weights);
      });
}

}  // namespace

bool TakesDenseDiffWeights(const Conv2d& conv, NodeId id, const Tape& tape) {
  // Without AMX oneDNN's of 3x3 in bfloat16 are as fast as its forward pass.
  const bool takes_pairs =
      MultipliesPairs(tape) && (conv.kernel == 1 || conv.stride > 1 || HasAmxKernels());
  if (conv.groups != 1 || !(TakesRows(tape) || takes_pairs)) return false;
  // Of fewer pixels, as a squeeze-and-excite block has, there is more to fetch than to multiply.
  constexpr int kLeastPixels = 64;
  // Patches of fewer, as a stem has where they overlap, cost more to copy.
  constexpr int kLeastChannels = 16;
  const Sizes sizes = SizesOf(conv, id, tape);
  return sizes.pixels() >= kLeastPixels &&
         (sizes.src.c >= kLeastChannels || sizes.kernel <= sizes.stride);
}

void EmitDenseDiffWeights(const Conv2d& conv, NodeId id, const TensorRef& src,
                          const TensorRef& diff_dst, Tape& tape) {
  const Node& node = tape.graph().node(id);
  if (tape.IsTrainable(node.name + ".weight")) {
    const auto emit =
        tape.type() == DataType::f32 ? EmitDiffWeights<float> : EmitDiffWeights<BFloat16>;
    emit(SizesOf(conv, id, tape), id, src, diff_dst, tape);
  }
  if (conv.bias && tape.IsTrainable(node.name + ".bias")) {
    EmitChannelSums(node.name + ".diff_bias", node.name + ".bias", node.shape, diff_dst,
                    std::nullopt, tape);
  }
}

}  // namespace avocet
