#include "engine/kernels/depthwise.h"

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "engine/base/check.h"
#include "engine/kernels/cpu.h"
#include "engine/kernels/depthwise_rows.h"
#include "engine/kernels/float32_any.h"
#include "engine/kernels/vector.h"

namespace avocet {

bool HasDepthwiseKernel(int kernel, int stride) {
  return (kernel == 3 || kernel == 5 || kernel == 7) && (stride == 1 || stride == 2);
}

#if defined(__x86_64__)

AVOCET_BEGIN_AVX512

namespace {

// The results at columns [begin, begin + kPixels) of row `y`, as far as the row goes, for the 16
// channels from `channel` on; `rows` are the source rows under the filter, from column 0. Returns
// the sum of the results.
template <int K, int S, bool inside, VectorActivation activation, typename T, typename Dst>
__m512 RunGroup(const Depthwise<T, Dst>& conv, const T* const (&rows)[K], int y, int begin,
                int channel) {
  const __mmask16 lanes = FirstLanes(conv.channels - channel);
  const float* weights = conv.weights + static_cast<std::ptrdiff_t>(channel) * K * K;
  const __m512 bias = conv.bias == nullptr ? _mm512_setzero_ps() : Load(conv.bias + channel, lanes);
  __m512 sum[kPixels];
#pragma GCC unroll 7
  for (int p = 0; p < kPixels; ++p) sum[p] = bias;
  for (int ky = 0; ky < K; ++ky) {
    if (rows[ky] == nullptr) continue;
    AddRow<K, S, inside>(conv, rows[ky] + channel, weights + ky * K * kLanes,
                         begin * S - conv.pad_left, lanes, sum);
  }
  const int row = y - conv.dst_begin;
  Dst* dst = conv.dst +
             (static_cast<std::ptrdiff_t>(row) * conv.out_width + begin) * conv.channels + channel;
  const int count = std::min(kPixels, conv.out_width - begin);
  const __m512 inverse = _mm512_set1_ps(1.0f / conv.dst_scale);
  __m512 total = _mm512_setzero_ps();
#pragma GCC unroll 7
  for (int p = 0; p < kPixels; ++p) {
    if (p >= count) break;
    const __m512 value = Activate<activation, Dst>(sum[p]);
    total = _mm512_add_ps(total, value);
    const __m512 stored = sizeof(Dst) == 1 ? _mm512_mul_ps(value, inverse) : value;
    Store(dst + static_cast<std::ptrdiff_t>(p) * conv.channels, stored, lanes);
  }
  return total;
}

template <int K, int S, bool inside, VectorActivation activation, typename T, typename Dst>
void RunChannels(const Depthwise<T, Dst>& conv, const T* const (&rows)[K], int y, int begin,
                 float* sums) {
  for (int channel = 0; channel < conv.channels; channel += kLanes) {
    const __m512 total = RunGroup<K, S, inside, activation>(conv, rows, y, begin, channel);
    if (sums == nullptr) continue;
    const __mmask16 lanes = FirstLanes(conv.channels - channel);
    Store(sums + channel, _mm512_add_ps(Load(sums + channel, lanes), total), lanes);
  }
}

// All channels of a group of pixels before the next group: memory is read in its order.
template <int K, int S, typename T, typename Dst>
void Run(const Depthwise<T, Dst>& conv, int begin, int end, float* sums) {
  WithActivation(conv.activation, [&](auto activation) {
    constexpr VectorActivation kActivation = decltype(activation)::value;
    for (int y = begin; y < end; ++y) {
      const T* rows[K];
      for (int ky = 0; ky < K; ++ky) rows[ky] = SourceRow<S>(conv, y, ky);
      for (int column = 0; column < conv.out_width; column += kPixels) {
        const int x = column * S - conv.pad_left;
        Prefetch<K, S>(conv, y, x);
        if (x >= 0 && x + (kPixels - 1) * S + K <= conv.width) {
          RunChannels<K, S, true, kActivation>(conv, rows, y, column, sums);
        } else {
          RunChannels<K, S, false, kActivation>(conv, rows, y, column, sums);
        }
      }
    }
  });
}

template <typename Src, typename Dst>
void RunAvx512(const Depthwise<Src, Dst>& conv, int kernel, int stride, int begin, int end,
               float* sums) {
  if (stride == 1) {
    if (kernel == 3) return Run<3, 1>(conv, begin, end, sums);
    if (kernel == 5) return Run<5, 1>(conv, begin, end, sums);
    return Run<7, 1>(conv, begin, end, sums);
  }
  if (kernel == 3) return Run<3, 2>(conv, begin, end, sums);
  if (kernel == 5) return Run<5, 2>(conv, begin, end, sums);
  return Run<7, 2>(conv, begin, end, sums);
}

}  // namespace

AVOCET_END_AVX512

#else

namespace {

template <typename Src, typename Dst>
void RunAvx512(const Depthwise<Src, Dst>&, int, int, int, int, float*) {
  AVOCET_CHECK(false);
}

}  // namespace

#endif  // defined(__x86_64__)

template <typename Src, typename Dst>
void RunDepthwise(const Depthwise<Src, Dst>& conv, int kernel, int stride, int begin, int end,
                  float* sums) {
  AVOCET_CHECK(HasDepthwiseKernel(kernel, stride));
  if constexpr (std::is_same_v<Dst, float>) {
    if (!HasAvx512Kernels()) return RunDepthwiseAny(conv, kernel, stride, begin, end, sums);
  }
  RunAvx512(conv, kernel, stride, begin, end, sums);
}

template void RunDepthwise(const Depthwise<float>&, int, int, int, int, float*);
template void RunDepthwise(const Depthwise<float, BFloat16>&, int, int, int, int, float*);
template void RunDepthwise(const Depthwise<float, std::int8_t>&, int, int, int, int, float*);
template void RunDepthwise(const Depthwise<float, std::uint8_t>&, int, int, int, int, float*);
template void RunDepthwise(const Depthwise<BFloat16>&, int, int, int, int, float*);
template void RunDepthwise(const Depthwise<std::int8_t>&, int, int, int, int, float*);
template void RunDepthwise(const Depthwise<std::uint8_t>&, int, int, int, int, float*);

}  // namespace avocet
