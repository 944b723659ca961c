#include "engine/kernels/winograd_backward.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/graph/op.h"
#include "engine/kernels/bfloat16.h"

// Highway compiles this file once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/winograd_backward.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h.
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace avocet {
namespace HWY_NAMESPACE {
namespace {

#include "engine/kernels/elements.inc"
#include "engine/kernels/winograd.inc"

void Source(const WinogradSizes& sizes, const float* src, const float* zeros, int begin, int end,
            std::ptrdiff_t point_stride, float* transformed) {
  WithTile(sizes, [&](auto tile) HWY_ATTR {
    for (int t = begin; t < end; ++t, transformed += sizes.in_channels) {
      TransformSourceTile<decltype(tile)>(sizes, src, t, zeros, point_stride, transformed);
    }
  });
}

template <class Tile>
HWY_INLINE void TransformDiffTile(const WinogradSizes& sizes, const float* diff_dst, int tile,
                                  const float* zeros, std::ptrdiff_t point_stride, float* to) {
  constexpr int kPoints = Tile::kPoints;
  constexpr int kSize = Tile::kSize;
  const D d;
  const Place place(sizes, tile);
  const int channels = sizes.out_channels;
  const float* image =
      diff_dst + std::ptrdiff_t{place.image} * sizes.out_height * sizes.out_width * channels;
  const Square<kSize, float> square(image, sizes.out_height, sizes.out_width, channels, place.top,
                                    place.left, zeros);
  for (int c = 0; c < channels; c += kLanes) {
    InTwoDimensions<kSize, kPoints>(
        [&](int y, int x) HWY_ATTR { return hn::LoadU(d, square.pixels[y][x] + c); },
        [](const auto& diff, auto& points) HWY_ATTR { Tile::DiffResult(diff, points); },
        [&](int y, int x, Vec value)
            HWY_ATTR { hn::StoreU(value, d, to + (y * kPoints + x) * point_stride + c); });
  }
}

void DiffDst(const WinogradSizes& sizes, const float* diff_dst, const float* zeros, int begin,
             int end, std::ptrdiff_t point_stride, float* transformed) {
  WithTile(sizes, [&](auto tile) HWY_ATTR {
    for (int t = begin; t < end; ++t, transformed += sizes.out_channels) {
      TransformDiffTile<decltype(tile)>(sizes, diff_dst, t, zeros, point_stride, transformed);
    }
  });
}

void DiffWeights(const WinogradSizes& sizes, const float* sums, int first, int last,
                 float* diff_weights) {
  constexpr int kTaps = 9;
  const D d;
  const std::ptrdiff_t in_channels = sizes.in_channels;
  const std::ptrdiff_t point_stride = in_channels * sizes.out_channels;
  WithTile(sizes, [&](auto tile) HWY_ATTR {
    using Tile = decltype(tile);
    constexpr int kPoints = Tile::kPoints;
    for (int channel = first; channel < last; channel += kLanes) {
      for (std::ptrdiff_t c = 0; c < in_channels; ++c) {
        const float* points = sums + c * sizes.out_channels + channel;
        alignas(64) float taps[kTaps][kLanes];
        InTwoDimensions<kPoints, 3>(
            [&](int y, int x)
                HWY_ATTR { return hn::LoadU(d, points + (y * kPoints + x) * point_stride); },
            [](const auto& from, auto& filter) HWY_ATTR { Tile::DiffFilter(from, filter); },
            [&](int y, int x, Vec value) HWY_ATTR { hn::Store(value, d, taps[y * 3 + x]); });
        float* to = diff_weights + (channel * in_channels + c) * kTaps;
        for (int lane = 0; lane < kLanes; ++lane, to += in_channels * kTaps) {
          for (int tap = 0; tap < kTaps; ++tap) to[tap] = taps[tap][lane];
        }
      }
    }
  });
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace avocet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace avocet {

HWY_EXPORT(Source);
HWY_EXPORT(DiffDst);
HWY_EXPORT(DiffWeights);

void TransformWinogradSource(const WinogradSizes& sizes, const float* src, int begin, int end,
                             std::ptrdiff_t point_stride, float* transformed) {
  const std::vector<float> zeros(static_cast<std::size_t>(sizes.in_channels));
  HWY_DYNAMIC_DISPATCH(Source)(sizes, src, zeros.data(), begin, end, point_stride, transformed);
}

void TransformWinogradDiffDst(const WinogradSizes& sizes, const float* diff_dst, int begin, int end,
                              std::ptrdiff_t point_stride, float* transformed) {
  const std::vector<float> zeros(static_cast<std::size_t>(sizes.out_channels));
  HWY_DYNAMIC_DISPATCH(DiffDst)
  (sizes, diff_dst, zeros.data(), begin, end, point_stride, transformed);
}

void WinogradDiffWeights(const WinogradSizes& sizes, const float* sums, int first, int last,
                         float* diff_weights) {
  HWY_DYNAMIC_DISPATCH(DiffWeights)(sizes, sums, first, last, diff_weights);
}

}  // namespace avocet
#endif
