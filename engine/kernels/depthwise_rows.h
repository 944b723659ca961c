// How a depthwise convolution goes over its source; for the sources of this folder alone, as
// vector.h.
#ifndef AVOCET_ENGINE_KERNELS_DEPTHWISE_ROWS_H_
#define AVOCET_ENGINE_KERNELS_DEPTHWISE_ROWS_H_

#if defined(__x86_64__)

#include <immintrin.h>

#include <cstddef>

#include "engine/kernels/depthwise.h"
#include "engine/kernels/vector.h"

AVOCET_BEGIN_AVX512

namespace avocet {
namespace {

// Results in registers: widths are multiples of 7 more often than of any other number of this size.
constexpr int kPixels = 7;

// Reads as pixels beside the image.
alignas(64) constexpr unsigned char kZeros[kLanes * sizeof(float)] = {};

// The row of the source under row `ky` of the filter, for the result row `y`; null: outside.
template <int S, typename T, typename Dst>
const T* SourceRow(const Depthwise<T, Dst>& conv, int y, int ky) {
  const int row = y * S - conv.pad_top + ky;
  if (row < 0 || row >= conv.height) return nullptr;
  return conv.src + static_cast<std::ptrdiff_t>(row) * conv.width * conv.channels;
}

// sum[p] += the filter's row `weights` [K, 16] over the pixels at source column x + S * p. `row`
// points to the channels at column 0.
template <int K, int S, bool inside, typename T, typename Dst>
inline void AddRow(const Depthwise<T, Dst>& conv, const T* row, const float* weights, int x,
                   __mmask16 lanes, __m512 (&sum)[kPixels]) {
  __m512 weight[K];
#pragma GCC unroll 7
  for (int k = 0; k < K; ++k) weight[k] = _mm512_loadu_ps(weights + k * kLanes);
  constexpr int kColumns = (kPixels - 1) * S + K;
#pragma GCC unroll 20
  for (int column = 0; column < kColumns; ++column) {
    const T* src = row + static_cast<std::ptrdiff_t>(x + column) * conv.channels;
    if constexpr (!inside) {
      if (x + column < 0 || x + column >= conv.width) src = reinterpret_cast<const T*>(kZeros);
    }
    const __m512 value = Load(src, lanes);
#pragma GCC unroll 7
    for (int p = 0; p < kPixels; ++p) {
      const int k = column - p * S;
      if (k >= 0 && k < K) sum[p] = _mm512_fmadd_ps(value, weight[k], sum[p]);
    }
  }
}

// Fetches what the next result row will read for the first time.
template <int K, int S, typename T, typename Dst>
void Prefetch(const Depthwise<T, Dst>& conv, int y, int x) {
  for (int s = 0; s < S; ++s) {
    const int row = y * S - conv.pad_top + K + s;
    if (row < 0 || row >= conv.height || x < 0) return;
    const T* begin = conv.src + (static_cast<std::ptrdiff_t>(row) * conv.width + x) * conv.channels;
    const std::ptrdiff_t count = static_cast<std::ptrdiff_t>(kPixels * S) * conv.channels;
    constexpr std::ptrdiff_t kLine = 64 / sizeof(T);
    for (std::ptrdiff_t i = 0; i < count; i += kLine) _mm_prefetch(begin + i, _MM_HINT_T1);
  }
}

}  // namespace
}  // namespace avocet

AVOCET_END_AVX512

#endif  // defined(__x86_64__)

#endif  // AVOCET_ENGINE_KERNELS_DEPTHWISE_ROWS_H_
