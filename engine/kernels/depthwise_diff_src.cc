#include "engine/kernels/depthwise_backward.h"

#include <cstddef>
#include <cstdint>
#include <optional>

#include "engine/graph/op.h"

// Highway compiles this file once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/depthwise_diff_src.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h.
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace avocet {
namespace HWY_NAMESPACE {
namespace {

#include "engine/kernels/elements.inc"

// Rows of diff_dst, from column 0, and the rows of the filter that meet a row of diff_src there.
template <typename T>
struct TapRows {
  struct Row {
    const T* diff;
    const float* weights;
  } rows[7];
  int count = 0;
};

template <typename T>
TapRows<T> TapRowsOf(const DepthwiseSizes& s, const T* diff_dst, const float* weights, int h) {
  const std::ptrdiff_t channels = s.channels;
  TapRows<T> result;
  for (int ky = (h + s.pad_top) % s.stride; ky < s.kernel; ky += s.stride) {
    const int oh = (h + s.pad_top - ky) / s.stride;
    if (h + s.pad_top < ky || oh >= s.out_height) continue;
    result.rows[result.count++] = {diff_dst + std::ptrdiff_t{oh} * s.out_width * channels,
                                   weights + std::ptrdiff_t{ky} * s.kernel * channels};
  }
  return result;
}

// Taps of a filter's row that meet a column, at most.
template <int K, int S>
constexpr int kRowTaps = (K + S - 1) / S;

// Groups of S columns of diff_src in registers: with a filter's row and a value of diff_dst, they
// fill 16.
template <int S>
constexpr int kSteps = S == 1 ? 7 : 4;

// The columns [column, column + S * kSteps<S>) of a row, as far as they are in the image. Of these,
// column + S * j + a meets column first + j - t of diff_dst with the tap a + S * t.
template <int K, int S, bool inside, class D, typename T>
HWY_INLINE void RunColumns(D d, const DepthwiseSizes& s, const TapRows<T>& taps, std::ptrdiff_t c,
                           int column, T* diff_src) {
  const std::ptrdiff_t channels = s.channels;
  const int first = (column + s.pad_left) / S;
  constexpr int kMost = kRowTaps<K, S>;
  hn::Vec<D> sum[kSteps<S>][S];
#pragma GCC unroll 7
  for (int j = 0; j < kSteps<S>; ++j) {
#pragma GCC unroll 2
    for (int a = 0; a < S; ++a) sum[j][a] = hn::Zero(d);
  }
  for (int row = 0; row < taps.count; ++row) {
    hn::Vec<D> weight[K];
#pragma GCC unroll 7
    for (int k = 0; k < K; ++k) weight[k] = hn::LoadU(d, taps.rows[row].weights + k * channels + c);
#pragma GCC unroll 16
    for (int x = 1 - kMost; x < kSteps<S>; ++x) {
      if (!inside && (first + x < 0 || first + x >= s.out_width)) continue;
      const auto value = Read(d, taps.rows[row].diff + (first + x) * channels + c);
#pragma GCC unroll 7
      for (int t = 0; t < kMost; ++t) {
        const int j = x + t;
        if (j < 0 || j >= kSteps<S>) continue;
#pragma GCC unroll 2
        for (int a = 0; a < S; ++a) {
          const int k = a + S * t;
          if (k < K) sum[j][a] = hn::MulAdd(value, weight[k], sum[j][a]);
        }
      }
    }
  }
#pragma GCC unroll 7
  for (int j = 0; j < kSteps<S>; ++j) {
#pragma GCC unroll 2
    for (int a = 0; a < S; ++a) {
      const int w = column + S * j + a;
      if (inside || (w >= 0 && w < s.width)) Write(d, sum[j][a], diff_src + w * channels + c);
    }
  }
}

// All channels of a group of columns before the next: memory is read in its order.
template <int K, int S, typename T>
void DiffSrcRows(const DepthwiseSizes& s, const T* diff_dst, const float* weights, int begin,
                 int end, T* diff_src) {
  constexpr int kColumns = S * kSteps<S>;
  for (int h = begin; h < end; ++h, diff_src += std::ptrdiff_t{s.width} * s.channels) {
    const TapRows<T> taps = TapRowsOf(s, diff_dst, weights, h);
    for (int column = -(s.pad_left % S); column < s.width; column += kColumns) {
      const int first = (column + s.pad_left) / S;
      const bool inside = column >= 0 && column + kColumns <= s.width &&
                          first + 1 >= kRowTaps<K, S> && first + kSteps<S> <= s.out_width;
      ForVectors(0, s.channels, [&](auto d, std::ptrdiff_t c) HWY_ATTR {
        if (inside) {
          RunColumns<K, S, true>(d, s, taps, c, column, diff_src);
        } else {
          RunColumns<K, S, false>(d, s, taps, c, column, diff_src);
        }
      });
    }
  }
}

template <typename T>
void DiffSrc(const DepthwiseSizes& s, const T* diff_dst, const float* weights, int begin, int end,
             T* diff_src) {
  const auto run = [&]<int K>() HWY_ATTR {
    if (s.stride == 1) return DiffSrcRows<K, 1>(s, diff_dst, weights, begin, end, diff_src);
    return DiffSrcRows<K, 2>(s, diff_dst, weights, begin, end, diff_src);
  };
  if (s.kernel == 3) return run.template operator()<3>();
  if (s.kernel == 5) return run.template operator()<5>();
  run.template operator()<7>();
}

// One function a type, for Highway's tables.
void DiffSrcFloat(const DepthwiseSizes& sizes, const float* diff_dst, const float* weights,
                  int begin, int end, float* diff_src) {
  DiffSrc(sizes, diff_dst, weights, begin, end, diff_src);
}
void DiffSrcBFloat(const DepthwiseSizes& sizes, const BFloat16* diff_dst, const float* weights,
                   int begin, int end, BFloat16* diff_src) {
  DiffSrc(sizes, diff_dst, weights, begin, end, diff_src);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace avocet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace avocet {

HWY_EXPORT(DiffSrcFloat);
HWY_EXPORT(DiffSrcBFloat);

template <>
void DepthwiseDiffSrc(const DepthwiseSizes& sizes, const float* diff_dst, const float* weights,
                      int begin, int end, float* diff_src) {
  HWY_DYNAMIC_DISPATCH(DiffSrcFloat)(sizes, diff_dst, weights, begin, end, diff_src);
}
template <>
void DepthwiseDiffSrc(const DepthwiseSizes& sizes, const BFloat16* diff_dst, const float* weights,
                      int begin, int end, BFloat16* diff_src) {
  HWY_DYNAMIC_DISPATCH(DiffSrcBFloat)(sizes, diff_dst, weights, begin, end, diff_src);
}

}  // namespace avocet
#endif
