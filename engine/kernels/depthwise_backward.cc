#include "engine/kernels/depthwise_backward.h"

#include <cstddef>
#include <cstdint>
#include <optional>

#include "engine/graph/op.h"

// Highway compiles this file once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/depthwise_backward.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h.
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace avocet {
namespace HWY_NAMESPACE {
namespace {

#include "engine/kernels/elements.inc"

// A tap of the filter that meets a pixel of diff_src: channels of diff_dst and their weights.
template <typename T>
struct Tap {
  const T* diff;
  const float* weights;
};

constexpr int kMostTaps = 7 * 7;

// The taps of the filter that meet the pixel (h, w): every stride-th one in both directions.
template <typename T>
int TapsOf(const DepthwiseSizes& s, const T* diff_dst, const float* weights, int h, int w,
           Tap<T> (&taps)[kMostTaps]) {
  const std::ptrdiff_t channels = s.channels;
  int count = 0;
  for (int ky = (h + s.pad_top) % s.stride; ky < s.kernel; ky += s.stride) {
    const int oh = (h + s.pad_top - ky) / s.stride;
    if (h + s.pad_top < ky || oh >= s.out_height) continue;
    for (int kx = (w + s.pad_left) % s.stride; kx < s.kernel; kx += s.stride) {
      const int ow = (w + s.pad_left - kx) / s.stride;
      if (w + s.pad_left < kx || ow >= s.out_width) continue;
      taps[count++] = {diff_dst + (std::ptrdiff_t{oh} * s.out_width + ow) * channels,
                       weights + (std::ptrdiff_t{ky} * s.kernel + kx) * channels};
    }
  }
  return count;
}

template <typename T>
void DiffSrc(const DepthwiseSizes& s, const T* diff_dst, const float* weights, int begin, int end,
             T* diff_src) {
  Tap<T> taps[kMostTaps];
  for (int h = begin; h < end; ++h) {
    for (int w = 0; w < s.width; ++w, diff_src += s.channels) {
      const int count = TapsOf(s, diff_dst, weights, h, w, taps);
      ForVectors(0, s.channels, [&](auto d, std::ptrdiff_t c) HWY_ATTR {
        auto sum = hn::Zero(d);
        for (int t = 0; t < count; ++t) {
          sum = hn::MulAdd(Read(d, taps[t].diff + c), hn::LoadU(d, taps[t].weights + c), sum);
        }
        Write(d, sum, diff_src + c);
      });
    }
  }
}

// The sums over one row of diff_dst for one row of the filter, at any stride.
template <int kKernel, class D, typename T>
HWY_INLINE void AddRow(D d, const DepthwiseSizes& s, const T* row, const T* diff,
                       hn::Vec<D> (&sum)[kKernel]) {
  const std::ptrdiff_t channels = s.channels;
  for (int ow = 0; ow < s.out_width; ++ow, diff += channels) {
    const auto factor = Read(d, diff);
    const int first = ow * s.stride - s.pad_left;
    const T* src = row + first * channels;
    if (first >= 0 && first + kKernel <= s.width) {
      for (int kx = 0; kx < kKernel; ++kx) {
        sum[kx] = hn::MulAdd(factor, Read(d, src + kx * channels), sum[kx]);
      }
      continue;
    }
    for (int kx = 0; kx < kKernel; ++kx) {
      if (first + kx < 0 || first + kx >= s.width) continue;
      sum[kx] = hn::MulAdd(factor, Read(d, src + kx * channels), sum[kx]);
    }
  }
}

// The same at stride 1, where neighbours share all but one column of the source: those under the
// filter stay in registers, in a ring.
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
template <int kKernel, bool kDense, class D, typename T>
HWY_INLINE void AddFilterRow(D d, const DepthwiseSizes& s, const T* src, const T* diff_dst, int ky,
                             int begin, int end, float* sums) {
  const std::ptrdiff_t channels = s.channels;
  hn::Vec<D> sum[kKernel];
#pragma GCC unroll 7
  for (int kx = 0; kx < kKernel; ++kx) sum[kx] = hn::LoadU(d, sums + kx * channels);
  for (int oh = begin; oh < end; ++oh) {
    const int h = oh * s.stride - s.pad_top + ky;
    if (h < 0 || h >= s.height) continue;
    const T* row = src + std::ptrdiff_t{h} * s.width * channels;
    const T* diff = diff_dst + std::ptrdiff_t{oh - begin} * s.out_width * channels;
    if constexpr (kDense) {
      AddDenseRow<kKernel>(d, s, row, diff, sum);
    } else {
      AddRow<kKernel>(d, s, row, diff, sum);
    }
  }
#pragma GCC unroll 7
  for (int kx = 0; kx < kKernel; ++kx) hn::StoreU(sum[kx], d, sums + kx * channels);
}

// Pixels of diff_dst that all rows of the filter go over before the next: with the rows of the
// source that they meet, one vector of channels of each stays in the nearest cache.
constexpr int kDenseBlock = 56;

template <int kKernel, typename T>
void AddDiffWeights(const DepthwiseSizes& s, const T* src, const T* diff_dst, int begin, int end,
                    float* diff_weights) {
  const std::ptrdiff_t channels = s.channels;
  const int rows = HWY_MAX(1, kDenseBlock / s.out_width);
  for (int first = begin; first < end; first += rows) {
    const int last = HWY_MIN(first + rows, end);
    const T* diff = diff_dst + std::ptrdiff_t{first - begin} * s.out_width * channels;
    ForVectors(0, channels, [&](auto d, std::ptrdiff_t c) HWY_ATTR {
      for (int ky = 0; ky < kKernel; ++ky) {
        float* sums = diff_weights + std::ptrdiff_t{ky} * kKernel * channels + c;
        if (s.stride == 1) {
          AddFilterRow<kKernel, true>(d, s, src + c, diff + c, ky, first, last, sums);
        } else {
          AddFilterRow<kKernel, false>(d, s, src + c, diff + c, ky, first, last, sums);
        }
      }
    });
  }
}

template <typename T>
void DiffWeights(const DepthwiseSizes& s, const T* src, const T* diff_dst, int begin, int end,
                 float* diff_weights) {
  switch (s.kernel) {
    case 1:
      return AddDiffWeights<1>(s, src, diff_dst, begin, end, diff_weights);
    case 2:
      return AddDiffWeights<2>(s, src, diff_dst, begin, end, diff_weights);
    case 3:
      return AddDiffWeights<3>(s, src, diff_dst, begin, end, diff_weights);
    case 4:
      return AddDiffWeights<4>(s, src, diff_dst, begin, end, diff_weights);
    case 5:
      return AddDiffWeights<5>(s, src, diff_dst, begin, end, diff_weights);
    case 6:
      return AddDiffWeights<6>(s, src, diff_dst, begin, end, diff_weights);
    default:
      return AddDiffWeights<7>(s, src, diff_dst, begin, end, diff_weights);
  }
}

// One function a type, for Highway's tables.
#define AVOCET_DEPTHWISE_KERNELS(T, Name)                                                         \
  void DiffSrc##Name(const DepthwiseSizes& sizes, const T* diff_dst, const float* weights,        \
                     int begin, int end, T* diff_src) {                                           \
    DiffSrc(sizes, diff_dst, weights, begin, end, diff_src);                                      \
  }                                                                                               \
  void DiffWeights##Name(const DepthwiseSizes& sizes, const T* src, const T* diff_dst, int begin, \
                         int end, float* diff_weights) {                                          \
    DiffWeights(sizes, src, diff_dst, begin, end, diff_weights);                                  \
  }

AVOCET_DEPTHWISE_KERNELS(float, Float)
AVOCET_DEPTHWISE_KERNELS(BFloat16, BFloat)
#undef AVOCET_DEPTHWISE_KERNELS

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace avocet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace avocet {

#define AVOCET_DEPTHWISE_FUNCTIONS(T, Name)                                                   \
  HWY_EXPORT(DiffSrc##Name);                                                                  \
  HWY_EXPORT(DiffWeights##Name);                                                              \
  template <>                                                                                 \
  void DepthwiseDiffSrc(const DepthwiseSizes& sizes, const T* diff_dst, const float* weights, \
                        int begin, int end, T* diff_src) {                                    \
    HWY_DYNAMIC_DISPATCH(DiffSrc##Name)(sizes, diff_dst, weights, begin, end, diff_src);      \
  }                                                                                           \
  template <>                                                                                 \
  void AddDepthwiseDiffWeights(const DepthwiseSizes& sizes, const T* src, const T* diff_dst,  \
                               int begin, int end, float* diff_weights) {                     \
    HWY_DYNAMIC_DISPATCH(DiffWeights##Name)(sizes, src, diff_dst, begin, end, diff_weights);  \
  }

AVOCET_DEPTHWISE_FUNCTIONS(float, Float)
AVOCET_DEPTHWISE_FUNCTIONS(BFloat16, BFloat)
#undef AVOCET_DEPTHWISE_FUNCTIONS

}  // namespace avocet
#endif
