#include "engine/kernels/depthwise_norm.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "engine/base/check.h"
#include "engine/kernels/depthwise_rows.h"
#include "engine/kernels/vector.h"

namespace avocet {
namespace {

// Pixels that are convolved before they are normalised.
constexpr int kGroup = 7;

std::size_t PaddedChannels(int channels) {
  return static_cast<std::size_t>((channels + kDepthwiseTile - 1) / kDepthwiseTile *
                                  kDepthwiseTile);
}

}  // namespace

std::size_t DepthwiseNormScratchBytes(int channels) {
  return kGroup * PaddedChannels(channels) * sizeof(float);
}

#if defined(__x86_64__)

AVOCET_BEGIN_AVX512

namespace {

static_assert(kGroup == kPixels);
constexpr int kKernel = kDepthwiseNormKernel;

// results [kPixels, padded channels] = the convolution at columns [begin, begin + kPixels);
// `rows` are the source rows under the filter. Columns beyond the row's end give numbers without
// meaning.
template <bool inside, typename Src>
void Convolve(const Depthwise<Src>& conv, const Src* const (&rows)[kKernel], int begin,
              float* results) {
  const std::size_t stride = PaddedChannels(conv.channels);
  for (int channel = 0; channel < conv.channels; channel += kLanes) {
    const __mmask16 lanes = FirstLanes(conv.channels - channel);
    const float* weights = conv.weights + static_cast<std::ptrdiff_t>(channel) * kKernel * kKernel;
    const __m512 bias =
        conv.bias == nullptr ? _mm512_setzero_ps() : Load(conv.bias + channel, lanes);
    __m512 sum[kPixels];
#pragma GCC unroll 7
    for (int p = 0; p < kPixels; ++p) sum[p] = bias;
    for (int ky = 0; ky < kKernel; ++ky) {
      if (rows[ky] == nullptr) continue;
      AddRow<kKernel, 1, inside>(conv, rows[ky] + channel, weights + ky * kKernel * kLanes,
                                 begin - conv.pad_left, lanes, sum);
    }
#pragma GCC unroll 7
    for (int p = 0; p < kPixels; ++p) {
      _mm512_store_ps(results + static_cast<std::size_t>(p) * stride + channel, sum[p]);
    }
  }
}

// dst [channels] = the norm of `pixel` [channels].
template <typename Src, typename Dst>
void Normalize(const DepthwiseNorm<Src, Dst>& step, const float* pixel, Dst* dst) {
  const int channels = step.conv.channels;
  __m512 sum = _mm512_setzero_ps();
  for (int c = 0; c < channels; c += kLanes) {
    sum = _mm512_add_ps(sum, Load(pixel + c, FirstLanes(channels - c)));
  }
  const __m512 mean = _mm512_set1_ps(_mm512_reduce_add_ps(sum) / static_cast<float>(channels));
  __m512 squares = _mm512_setzero_ps();
  for (int c = 0; c < channels; c += kLanes) {
    const __mmask16 lanes = FirstLanes(channels - c);
    const __m512 centred = _mm512_maskz_sub_ps(lanes, Load(pixel + c, lanes), mean);
    squares = _mm512_fmadd_ps(centred, centred, squares);
  }
  const float variance = _mm512_reduce_add_ps(squares) / static_cast<float>(channels);
  const float inverse = 1.0f / std::sqrt(variance + step.epsilon);
  const __m512 factor = _mm512_set1_ps(inverse);
  const __m512 inverse_scale = _mm512_set1_ps(1.0f / step.dst_scale);
  for (int c = 0; c < channels; c += kLanes) {
    const __mmask16 lanes = FirstLanes(channels - c);
    const __m512 normal = _mm512_mul_ps(_mm512_sub_ps(Load(pixel + c, lanes), mean), factor);
    __m512 value =
        _mm512_fmadd_ps(normal, Load(step.weight + c, lanes), Load(step.bias + c, lanes));
    if constexpr (sizeof(Dst) == 1) value = _mm512_mul_ps(value, inverse_scale);
    Store(dst + c, value, lanes);
  }
}

}  // namespace

template <typename Src, typename Dst>
void RunDepthwiseNorm(const DepthwiseNorm<Src, Dst>& step, int begin, int end, void* scratch) {
  const Depthwise<Src>& conv = step.conv;
  auto* const results = static_cast<float*>(scratch);
  const std::size_t stride = PaddedChannels(conv.channels);
  for (int y = begin; y < end; ++y) {
    const Src* rows[kKernel];
    for (int ky = 0; ky < kKernel; ++ky) rows[ky] = SourceRow<1>(conv, y, ky);
    for (int column = 0; column < conv.out_width; column += kPixels) {
      const int x = column - conv.pad_left;
      Prefetch<kKernel, 1>(conv, y, x);
      if (x >= 0 && x + kPixels - 1 + kKernel <= conv.width) {
        Convolve<true>(conv, rows, column, results);
      } else {
        Convolve<false>(conv, rows, column, results);
      }
      Dst* dst =
          step.dst + (static_cast<std::ptrdiff_t>(y) * conv.out_width + column) * conv.channels;
      const int count = std::min(kPixels, conv.out_width - column);
      for (int p = 0; p < count; ++p, dst += conv.channels) {
        Normalize(step, results + static_cast<std::size_t>(p) * stride, dst);
      }
    }
  }
}

AVOCET_END_AVX512

#else

template <typename Src, typename Dst>
void RunDepthwiseNorm(const DepthwiseNorm<Src, Dst>&, int, int, void*) {
  AVOCET_CHECK(false);
}

#endif  // defined(__x86_64__)

template void RunDepthwiseNorm(const DepthwiseNorm<float, float>&, int, int, void*);
template void RunDepthwiseNorm(const DepthwiseNorm<BFloat16, BFloat16>&, int, int, void*);
template void RunDepthwiseNorm(const DepthwiseNorm<std::int8_t, std::int8_t>&, int, int, void*);

}  // namespace avocet
