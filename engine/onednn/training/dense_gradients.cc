#include "engine/onednn/training/dense_gradients.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "engine/graph/infer_shape.h"
#include "engine/kernels/outer_products.h"
#include "engine/onednn/team.h"
#include "engine/onednn/training/channel_sums.h"
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
  // Whether a patch is a pixel, and the patches lie as the products want them.
  bool is_pointwise() const { return kernel == 1 && stride == 1; }
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

// What a result's pixel is made of, [kernel, kernel, C].
void CopyPatch(const Sizes& sizes, const float* src, int pixel, float* patch) {
  const int across = pixel % sizes.dst.w;
  const int down = pixel / sizes.dst.w % sizes.dst.h;
  const int image = pixel / sizes.dst.w / sizes.dst.h;
  const int top = down * sizes.stride - sizes.pads.top;
  const int left = across * sizes.stride - sizes.pads.left;
  const int begin = std::clamp(-left, 0, sizes.kernel);  // of a row of taps, inside the image
  const int end = std::clamp(sizes.src.w - left, begin, sizes.kernel);
  const std::ptrdiff_t channels = sizes.src.c;
  for (int row = top; row < top + sizes.kernel; ++row, patch += sizes.kernel * channels) {
    if (row < 0 || row >= sizes.src.h) {
      std::fill_n(patch, sizes.kernel * channels, 0.0f);
      continue;
    }
    const float* from =
        src + ((std::ptrdiff_t{image} * sizes.src.h + row) * sizes.src.w + left + begin) * channels;
    std::fill(patch, patch + begin * channels, 0.0f);
    std::copy_n(from, (end - begin) * channels, patch + begin * channels);
    std::fill(patch + end * channels, patch + sizes.kernel * channels, 0.0f);
  }
}

// Patches that are in memory at once: a MiB of them, in blocks of the products' kernel.
int PatchesAtOnce(const Sizes& sizes) {
  constexpr int kNumbers = (1 << 20) / int{sizeof(float)};
  constexpr int kBlock = 128;
  return std::max(1, kNumbers / sizes.patch() / kBlock) * kBlock;
}

// Adds the products of so many pixels of the gradient with their patches to `sums` [O, patch]. The
// team shares the longer side: each sum is one thread's, whatever the team.
void AddProducts(const Sizes& sizes, const float* diff_dst, const float* patches, int pixels,
                 float* sums) {
  constexpr int kUnit = 16;  // whole tiles of left, and of right but for the last
  const bool by_patch = sizes.patch() > sizes.dst.c;
  const int length = by_patch ? sizes.patch() : sizes.dst.c;
  ParallelFor((length + kUnit - 1) / kUnit, [&](int begin, int end) {
    const int first = begin * kUnit;
    const int count = std::min(end * kUnit, length) - first;
    AddOuterProducts({.left = by_patch ? diff_dst : diff_dst + first,
                      .left_stride = sizes.dst.c,
                      .left_channels = by_patch ? sizes.dst.c : count,
                      .right = by_patch ? patches + first : patches,
                      .right_stride = sizes.patch(),
                      .right_channels = by_patch ? count : sizes.patch(),
                      .pixels = pixels,
                      .sums = sums + (by_patch ? first : std::ptrdiff_t{first} * sizes.patch()),
                      .sums_stride = sizes.patch(),
                      .is_far = true});
  });
}

void AddAllProducts(const Sizes& sizes, const float* src, const float* diff_dst, float* patches,
                    float* sums) {
  if (sizes.is_pointwise()) return AddProducts(sizes, diff_dst, src, sizes.pixels(), sums);
  const int step = PatchesAtOnce(sizes);
  for (int first = 0; first < sizes.pixels(); first += step) {
    const int count = std::min(step, sizes.pixels() - first);
    ParallelFor(count, [&](int begin, int end) {
      for (int i = begin; i < end; ++i) {
        CopyPatch(sizes, src, first + i, patches + std::ptrdiff_t{i} * sizes.patch());
      }
    });
    AddProducts(sizes, diff_dst + std::ptrdiff_t{first} * sizes.dst.c, patches, count, sums);
  }
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

void EmitDiffWeights(const Sizes& sizes, NodeId id, const TensorRef& src, const TensorRef& diff_dst,
                     Tape& tape) {
  Emitter& emitter = tape.emitter();
  const std::string& name = tape.graph().node(id).name;
  const std::int64_t size = std::int64_t{sizes.dst.c} * sizes.patch();
  const auto scratch = [&](std::int64_t count) {
    return emitter.NewTensor({{count}, DataType::f32, Tag::x});
  };
  std::vector<TensorRef> tensors = {src, diff_dst, scratch(size)};
  if (!sizes.is_pointwise()) {
    tensors.push_back(scratch(std::int64_t{PatchesAtOnce(sizes)} * sizes.patch()));
    tensors.push_back(scratch(size));
  }
  emitter.KernelStep(
      name + ".diff_weights", "own_dense:highway", std::move(tensors),
      [=, store = tape.GradientStore(name + ".weight")](std::span<void* const> addresses) {
        auto* sums = static_cast<float*>(addresses[2]);
        float* patches = nullptr;
        float* diff_weights = sums;
        if (!sizes.is_pointwise()) {
          patches = static_cast<float*>(addresses[3]);
          diff_weights = static_cast<float*>(addresses[4]);
        }
        ParallelFor(sizes.dst.c, [&](int begin, int end) {
          std::fill(sums + std::ptrdiff_t{begin} * sizes.patch(),
                    sums + std::ptrdiff_t{end} * sizes.patch(), 0.0f);
        });
        AddAllProducts(sizes, static_cast<const float*>(addresses[0]),
                       static_cast<const float*>(addresses[1]), patches, sums);
        if (!sizes.is_pointwise()) Transpose(sizes, sums, diff_weights);
        store(diff_weights);
      });
}

}  // namespace

bool TakesDenseDiffWeights(const Conv2d& conv, NodeId id, const Tape& tape) {
  if (conv.groups != 1 || !TakesRows(tape)) return false;
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
    EmitDiffWeights(SizesOf(conv, id, tape), id, src, diff_dst, tape);
  }
  if (conv.bias && tape.IsTrainable(node.name + ".bias")) {
    EmitChannelSums(node.name + ".diff_bias", node.name + ".bias", node.shape, diff_dst,
                    std::nullopt, tape);
  }
}

}  // namespace avocet
