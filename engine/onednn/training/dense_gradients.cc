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
  bool is_patch_longer() const { return patch() > dst.c; }
  // Channels of the longer side, which the team shares.
  int longer() const { return std::max(patch(), dst.c); }
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

// Of the longer side's channels, those that a thread takes at once: each sum is one thread's,
// whatever the team.
int ChunkOf(const Sizes& sizes) {
  constexpr int kUnit = 16;  // whole tiles of left, and of right but for the last
  // Chunks of fewer channels would rather pack the other side than multiply.
  constexpr int kLeastOfMany = 192;
  const int length = sizes.longer();
  const int threads = TeamSize();
  const int chunks = length >= 2 * threads * kLeastOfMany ? 2 * threads : threads;
  const int units = (length + kUnit - 1) / kUnit;
  return (units + chunks - 1) / chunks * kUnit;
}

// A chunk's channels of both sides.
struct Part {
  int index;  // of the chunk
  int out, outs;
  int column, columns;  // of the patch
};

// Calls body(part) for all chunks, on the team.
template <typename Body>
void ForParts(const Sizes& sizes, const Body& body) {
  const int chunk = ChunkOf(sizes);
  ParallelChunks(sizes.longer(), chunk, [&](int first, int last) {
    const int count = last - first;
    body(sizes.is_patch_longer() ? Part{first / chunk, 0, sizes.dst.c, first, count}
                                 : Part{first / chunk, first, count, 0, sizes.patch()});
  });
}

// Adds the products of so many pixels of the gradient with a part of their patches to `sums`
// [O, patch].
template <typename T>
void AddProducts(const Sizes& sizes, const Part& part, const T* diff_dst, const T* patches,
                 std::ptrdiff_t patch_stride, int pixels, float* sums) {
  AddOuterProducts(
      OuterProducts<T>{.left = diff_dst + part.out,
                       .left_stride = sizes.dst.c,
                       .left_channels = part.outs,
                       .right = patches,
                       .right_stride = patch_stride,
                       .right_channels = part.columns,
                       .pixels = pixels,
                       .sums = sums + std::ptrdiff_t{part.out} * sizes.patch() + part.column,
                       .sums_stride = sizes.patch(),
                       .is_far = true,
                       .in_digits = InDigits<T>(sizes)});
}

// Patches that a thread copies at once, its columns of each: so many bytes that the second-level
// cache keeps them, in blocks of the products' kernel.
struct Copies {
  int patches;
  std::int64_t numbers;  // of a chunk's
};
template <typename T>
Copies CopiesOf(const Sizes& sizes) {
  constexpr int kNumbers = (1 << 19) / int{sizeof(T)};
  const int block = OuterProductPixels<T>(InDigits<T>(sizes));
  const int columns = sizes.is_patch_longer() ? ChunkOf(sizes) : sizes.patch();
  const int patches = std::max(1, kNumbers / columns / block) * block;
  return {patches, std::int64_t{patches} * columns};
}

// All products. `copies` has CopiesOf for each chunk, if patches are not where the products want
// them.
template <typename T>
void AddAllProducts(const Sizes& sizes, const T* src, const T* diff_dst, T* copies, float* sums) {
  ForParts(sizes, [&](const Part& part) {
    if (sizes.is_dense()) {
      return AddProducts(sizes, part, diff_dst, src + part.column, sizes.patch(), sizes.pixels(),
                         sums);
    }
    const Copies at_once = CopiesOf<T>(sizes);
    T* const own = copies + part.index * at_once.numbers;
    for (int pixel = 0; pixel < sizes.pixels(); pixel += at_once.patches) {
      const int pixels = std::min(at_once.patches, sizes.pixels() - pixel);
      for (int i = 0; i < pixels; ++i) {
        CopyPatch(sizes, src, pixel + i, part.column, part.column + part.columns,
                  own + std::ptrdiff_t{i} * part.columns);
      }
      AddProducts(sizes, part, diff_dst + std::ptrdiff_t{pixel} * sizes.dst.c, own, part.columns,
                  pixels, sums);
    }
  });
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
  const int chunk = ChunkOf(sizes);
  const int chunks = (sizes.longer() + chunk - 1) / chunk;
  const TensorRef copies =
      scratch(sizes.is_dense() ? 1 : chunks * CopiesOf<T>(sizes).numbers, tape.type());
  const auto add = [=](std::span<void* const> addresses, float* sums) {
    AddAllProducts(sizes, static_cast<const T*>(addresses[0]), static_cast<const T*>(addresses[1]),
                   static_cast<T*>(addresses[2]), sums);
  };
  if (sizes.is_pointwise()) {
    emitter.KernelStep(step, implementation, {src, diff_dst, copies},
                       [=, into = tape.GradientSums(weight)](std::span<void* const> addresses) {
                         into([&](float* sums) { add(addresses, sums); });
                       });
    return;
  }
  const std::int64_t size = std::int64_t{sizes.dst.c} * sizes.patch();
  emitter.KernelStep(
      step, implementation,
      {src, diff_dst, copies, scratch(size, DataType::f32), scratch(size, DataType::f32)},
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
