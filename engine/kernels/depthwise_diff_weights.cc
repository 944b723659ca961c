#include "engine/kernels/depthwise_backward.h"

#include <cstddef>
#include <cstdint>
#include <optional>

#include "engine/graph/op.h"

// Highway compiles this file once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/depthwise_diff_weights.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h.
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace avocet {
namespace HWY_NAMESPACE {
namespace {

#include "engine/kernels/elements.inc"

// The sums over one row of diff_dst for one row of the filter, at stride 1, where neighbours share
// all but one column of the source: those under the filter stay in registers, in a ring.
template <int kKernel, class D, typename T>
HWY_INLINE void AddDenseRow(D d, const DepthwiseSizes& s, const T* row, const T* diff,
                            hn::Vec<D> (&sum)[kKernel]) {
  const std::ptrdiff_t channels = s.channels;
  const auto column = [&](int w) HWY_ATTR {
    return w >= 0 && w < s.width ? Read(d, row + w * channels) : hn::Zero(d);
  };
  hn::Vec<D> ring[kKernel];
#pragma GCC unroll 7
  for (int kx = 0; kx + 1 < kKernel; ++kx) ring[kx] = column(kx - s.pad_left);
  for (int first = 0; first < s.out_width; first += kKernel) {
#pragma GCC unroll 7
    for (int i = 0; i < kKernel; ++i, diff += channels) {
      if (first + i >= s.out_width) break;
      ring[(i + kKernel - 1) % kKernel] = column(first + i + kKernel - 1 - s.pad_left);
      const auto factor = Read(d, diff);
#pragma GCC unroll 7
      for (int kx = 0; kx < kKernel; ++kx) {
        sum[kx] = hn::MulAdd(factor, ring[(i + kx) % kKernel], sum[kx]);
      }
    }
  }
}

// One row of the filter over rows [begin, end) of diff_dst, which starts with them.
template <int kKernel, class D, typename T>
HWY_INLINE void AddFilterRow(D d, const DepthwiseSizes& s, const T* src, const T* diff_dst, int ky,
                             int begin, int end, float* sums) {
  const std::ptrdiff_t channels = s.channels;
  hn::Vec<D> sum[kKernel];
#pragma GCC unroll 7
  for (int kx = 0; kx < kKernel; ++kx) sum[kx] = hn::LoadU(d, sums + kx * channels);
  for (int oh = begin; oh < end; ++oh) {
    const int h = oh - s.pad_top + ky;
    if (h < 0 || h >= s.height) continue;
    AddDenseRow<kKernel>(d, s, src + std::ptrdiff_t{h} * s.width * channels,
                         diff_dst + std::ptrdiff_t{oh - begin} * s.out_width * channels, sum);
  }
#pragma GCC unroll 7
  for (int kx = 0; kx < kKernel; ++kx) hn::StoreU(sum[kx], d, sums + kx * channels);
}

// Pixels of diff_dst that all rows of the filter go over before the next: with the rows of the
// source that they meet, one vector of channels of each stays in the nearest cache.
constexpr int kDenseBlock = 56;

// For long rows of a filter, whose sums fill the registers.
template <int kKernel, typename T>
void AddDense(const DepthwiseSizes& s, const T* src, const T* diff_dst, int begin, int end,
              float* diff_weights) {
  const std::ptrdiff_t channels = s.channels;
  const int rows = HWY_MAX(1, kDenseBlock / s.out_width);
  for (int first = begin; first < end; first += rows) {
    const int last = HWY_MIN(first + rows, end);
    const T* diff = diff_dst + std::ptrdiff_t{first - begin} * s.out_width * channels;
    ForVectors(0, channels, [&](auto d, std::ptrdiff_t c) HWY_ATTR {
      for (int ky = 0; ky < kKernel; ++ky) {
        AddFilterRow<kKernel>(d, s, src + c, diff + c, ky, first, last,
                              diff_weights + std::ptrdiff_t{ky} * kKernel * channels + c);
      }
    });
  }
}

// Rows [ky, ky + R) of the filter over `rows` rows of `count` pixels of diff_dst, of which the
// first pixel meets `column` of the source's rows, which start at `src`.
template <int K, int R, bool inside, class D, typename T>
HWY_INLINE void AddPixels(D d, const DepthwiseSizes& s, const T* src, const T* diff, int column,
                          int rows, int count, float* sums) {
  const std::ptrdiff_t channels = s.channels;
  const std::ptrdiff_t row = s.width * channels;
  hn::Vec<D> sum[R][K];
#pragma GCC unroll 7
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 7
    for (int kx = 0; kx < K; ++kx) sum[r][kx] = hn::LoadU(d, sums + (r * K + kx) * channels);
  }
  for (int y = 0; y < rows; ++y, src += s.stride * row, diff += s.out_width * channels) {
    const T* factors = diff;
    for (int p = 0, w = column; p < count; ++p, w += s.stride, factors += channels) {
      const auto factor = Read(d, factors);
      const T* at = src + w * channels;
#pragma GCC unroll 7
      for (int kx = 0; kx < K; ++kx) {
        if (!inside && (w + kx < 0 || w + kx >= s.width)) continue;
#pragma GCC unroll 7
        for (int r = 0; r < R; ++r) {
          sum[r][kx] = hn::MulAdd(factor, Read(d, at + r * row + kx * channels), sum[r][kx]);
        }
      }
    }
  }
#pragma GCC unroll 7
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 7
    for (int kx = 0; kx < K; ++kx) hn::StoreU(sum[r][kx], d, sums + (r * K + kx) * channels);
  }
}

// Pixels of a row, and rows, whose channels, all of them, are taken before the next pixels': one
// vector of channels of what they meet stays in the nearest cache.
constexpr int kGroup = 14;
constexpr int kGroupRows = 4;

// How many rows of diff_dst from `oh` on, before `end`, meet the source with all rows of the
// filter; 1 if the first does not.
template <int K>
HWY_INLINE int RowsInside(const DepthwiseSizes& s, int oh, int end) {
  const auto is_inside = [&](int at) {
    const int top = at * s.stride - s.pad_top;
    return top >= 0 && top + K <= s.height;
  };
  int rows = 1;
  while (rows < kGroupRows && oh + rows < end && is_inside(oh) && is_inside(oh + rows)) ++rows;
  return rows;
}

template <int K, typename T>
void AddGroups(const DepthwiseSizes& s, const T* src, const T* diff_dst, int begin, int end,
               float* diff_weights) {
  // Rows of the filter whose sums fill most of 16 or 32 registers.
  constexpr int R = HWY_MIN(K, (hn::MaxLanes(hn::ScalableTag<float>()) == 16 ? 28 : 12) / K);
  const std::ptrdiff_t channels = s.channels;
  int count_rows;
  for (int oh = begin; oh < end; oh += count_rows) {
    count_rows = RowsInside<K>(s, oh, end);
    const int top = oh * s.stride - s.pad_top;
    const int last = HWY_MIN(K, s.height - top);
    const T* diff = diff_dst + std::ptrdiff_t{oh - begin} * s.out_width * channels;
    for (int ow = 0; ow < s.out_width; ow += kGroup, diff += kGroup * channels) {
      const int count = HWY_MIN(kGroup, s.out_width - ow);
      const int column = ow * s.stride - s.pad_left;
      const bool inside = column >= 0 && column + (count - 1) * s.stride + K <= s.width;
      ForVectors(0, channels, [&](auto d, std::ptrdiff_t c) HWY_ATTR {
        const auto add = [&]<int kRows>(int ky) HWY_ATTR {
          const T* rows = src + std::ptrdiff_t{top + ky} * s.width * channels + c;
          float* sums = diff_weights + std::ptrdiff_t{ky} * K * channels + c;
          if (inside) {
            AddPixels<K, kRows, true>(d, s, rows, diff + c, column, count_rows, count, sums);
          } else {
            AddPixels<K, kRows, false>(d, s, rows, diff + c, column, count_rows, count, sums);
          }
        };
        int ky = HWY_MAX(0, -top);
        for (; ky + R <= last; ky += R) add.template operator()<R>(ky);
        for (; ky < last; ++ky) add.template operator()<1>(ky);
      });
    }
  }
}

template <typename T>
void DiffWeights(const DepthwiseSizes& s, const T* src, const T* diff_dst, int begin, int end,
                 float* diff_weights) {
  if (s.kernel == 3) return AddGroups<3>(s, src, diff_dst, begin, end, diff_weights);
  if (s.kernel == 5) return AddGroups<5>(s, src, diff_dst, begin, end, diff_weights);
  if (s.stride == 1) return AddDense<7>(s, src, diff_dst, begin, end, diff_weights);
  AddGroups<7>(s, src, diff_dst, begin, end, diff_weights);
}

// One function a type, for Highway's tables.
void DiffWeightsFloat(const DepthwiseSizes& sizes, const float* src, const float* diff_dst,
                      int begin, int end, float* diff_weights) {
  DiffWeights(sizes, src, diff_dst, begin, end, diff_weights);
}
void DiffWeightsBFloat(const DepthwiseSizes& sizes, const BFloat16* src, const BFloat16* diff_dst,
                       int begin, int end, float* diff_weights) {
  DiffWeights(sizes, src, diff_dst, begin, end, diff_weights);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace avocet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace avocet {

HWY_EXPORT(DiffWeightsFloat);
HWY_EXPORT(DiffWeightsBFloat);

template <>
void AddDepthwiseDiffWeights(const DepthwiseSizes& sizes, const float* src, const float* diff_dst,
                             int begin, int end, float* diff_weights) {
  HWY_DYNAMIC_DISPATCH(DiffWeightsFloat)(sizes, src, diff_dst, begin, end, diff_weights);
}
template <>
void AddDepthwiseDiffWeights(const DepthwiseSizes& sizes, const BFloat16* src,
                             const BFloat16* diff_dst, int begin, int end, float* diff_weights) {
  HWY_DYNAMIC_DISPATCH(DiffWeightsBFloat)(sizes, src, diff_dst, begin, end, diff_weights);
}

}  // namespace avocet
#endif
