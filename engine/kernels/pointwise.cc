#include "engine/kernels/pointwise.h"

#include <algorithm>
#include <type_traits>

#include "engine/base/check.h"
#include "engine/kernels/vector.h"

namespace avocet {
namespace {

// Pixels that are multiplied with a tile's weights before the next tile: their channels stay in the
// second-level cache, a fourth of it.
template <typename T>
int BlockPixels(int in_channels) {
  const int fitting = (256 << 10) / (in_channels * static_cast<int>(sizeof(T)));
  return std::clamp(fitting, 32, 256);
}

}  // namespace

template <typename T>
std::size_t PointwiseScratchBytes(int in_channels) {
  return static_cast<std::size_t>(BlockPixels<T>(in_channels)) *
         static_cast<std::size_t>(in_channels) * sizeof(T);
}

#if defined(__x86_64__)

AVOCET_BEGIN_AVX512

namespace {

constexpr int kRows = 8;     // pixels in registers
constexpr int kVectors = 3;  // vectors of output channels in registers
static_assert(kVectors * kLanes == kPointwiseTile);

// sums [R, kPointwiseTile] = src [R, in_channels] * weights, for the first V vectors of a tile. 24
// sums, 3 weights and one factor fit the 32 registers.
template <int R, int V>
void Multiply(const float* src, const float* weights, int in_channels, float* sums) {
  __m512 sum[R][V];
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) sum[r][v] = _mm512_setzero_ps();
  }
  const auto stride = static_cast<std::size_t>(in_channels);
  for (std::size_t k = 0; k < stride; ++k, weights += kPointwiseTile) {
    __m512 weight[V];
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) weight[v] = _mm512_load_ps(weights + v * kLanes);
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      const __m512 factor = _mm512_set1_ps(src[static_cast<std::size_t>(r) * stride + k]);
#pragma GCC unroll 3
      for (int v = 0; v < V; ++v) sum[r][v] = _mm512_fmadd_ps(factor, weight[v], sum[r][v]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) _mm512_store_ps(sums + r * kPointwiseTile + v * kLanes, sum[r][v]);
  }
}

// The same, two input channels at a time.
template <int R, int V>
void Multiply(const BFloat16* src, const BFloat16* weights, int in_channels, float* sums) {
  __m512 sum[R][V];
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) sum[r][v] = _mm512_setzero_ps();
  }
  const auto stride = static_cast<std::size_t>(in_channels);
  for (std::size_t k = 0; k < stride; k += 2, weights += 2 * kPointwiseTile) {
    __m512bh weight[V];
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) {
      weight[v] = (__m512bh)_mm512_load_si512(weights + 2 * v * kLanes);
    }
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      int pair;
      __builtin_memcpy(&pair, src + static_cast<std::size_t>(r) * stride + k, sizeof(pair));
      const __m512bh factor = (__m512bh)_mm512_set1_epi32(pair);
#pragma GCC unroll 3
      for (int v = 0; v < V; ++v) sum[r][v] = _mm512_dpbf16_ps(sum[r][v], factor, weight[v]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) _mm512_store_ps(sums + r * kPointwiseTile + v * kLanes, sum[r][v]);
  }
}

template <typename T>
using MultiplyFunction = void (*)(const T*, const T*, int, float*);

// [rows - 1][vectors - 1]
template <typename T>
constexpr MultiplyFunction<T> kMultiply[kRows][kVectors] = {
    {Multiply<1, 1>, Multiply<1, 2>, Multiply<1, 3>},
    {Multiply<2, 1>, Multiply<2, 2>, Multiply<2, 3>},
    {Multiply<3, 1>, Multiply<3, 2>, Multiply<3, 3>},
    {Multiply<4, 1>, Multiply<4, 2>, Multiply<4, 3>},
    {Multiply<5, 1>, Multiply<5, 2>, Multiply<5, 3>},
    {Multiply<6, 1>, Multiply<6, 2>, Multiply<6, 3>},
    {Multiply<7, 1>, Multiply<7, 2>, Multiply<7, 3>},
    {Multiply<8, 1>, Multiply<8, 2>, Multiply<8, 3>}};

// Stores `count` channels of V vectors, the last of which may be partly used.
template <int V>
inline void StoreTile(float* dst, const __m512 (&values)[V], __mmask16 last) {
#pragma GCC unroll 3
  for (int v = 0; v + 1 < V; ++v) _mm512_storeu_ps(dst + v * kLanes, values[v]);
  Store(dst + (V - 1) * kLanes, values[V - 1], last);
}
template <int V>
inline void StoreTile(BFloat16* dst, const __m512 (&values)[V], __mmask16 last) {
  if constexpr (V == 3) {
    _mm512_storeu_si512(dst, (__m512i)_mm512_cvtne2ps_pbh(values[1], values[0]));
  } else if constexpr (V == 2) {
    Store(dst, values[0], 0xffff);
  }
  Store(dst + (V - 1) * kLanes, values[V - 1], last);
}

// Adds bias and shortcut to `rows` sums of one tile, and stores their activation.
template <int V, VectorActivation activation, typename T>
void Finish(const Pointwise<T>& conv, const float* sums, std::size_t row, int rows, int channel) {
  const __mmask16 last = FirstLanes(conv.out_channels - channel - (V - 1) * kLanes);
  __m512 bias[V];
#pragma GCC unroll 3
  for (int v = 0; v < V; ++v) {
    const __mmask16 lanes = v + 1 == V ? last : static_cast<__mmask16>(0xffff);
    bias[v] =
        conv.bias == nullptr ? _mm512_setzero_ps() : Load(conv.bias + channel + v * kLanes, lanes);
  }
  const auto stride = static_cast<std::size_t>(conv.out_channels);
  std::size_t offset = row * stride + static_cast<std::size_t>(channel);
  for (int r = 0; r < rows; ++r, offset += stride) {
    __m512 values[V];
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) {
      values[v] = _mm512_add_ps(_mm512_load_ps(sums + r * kPointwiseTile + v * kLanes), bias[v]);
      if (conv.residual != nullptr) {
        const __mmask16 lanes = v + 1 == V ? last : static_cast<__mmask16>(0xffff);
        values[v] = _mm512_add_ps(values[v], Load(conv.residual + offset + v * kLanes, lanes));
      }
      values[v] = Activate<activation, T>(values[v]);
    }
    StoreTile(conv.dst + offset, values, last);
  }
}

// dst [rows, channels] = src * gate.
template <typename T>
void ApplyGate(const T* src, const T* gate, int rows, int channels, T* dst) {
  for (int c = 0; c < channels; c += kLanes) {
    const __mmask16 lanes = FirstLanes(channels - c);
    const __m512 factor = Load(gate + c, lanes);
    std::size_t offset = static_cast<std::size_t>(c);
    for (int r = 0; r < rows; ++r, offset += static_cast<std::size_t>(channels)) {
      Store(dst + offset, _mm512_mul_ps(Load(src + offset, lanes), factor), lanes);
    }
  }
}

template <VectorActivation activation, typename T>
void Run(const Pointwise<T>& conv, int begin, int end, int first_tile, int last_tile, T* scratch) {
  alignas(64) float sums[kRows * kPointwiseTile];
  const auto in_channels = static_cast<std::size_t>(conv.in_channels);
  const int block = BlockPixels<T>(conv.in_channels);
  for (int start = begin; start < end; start += block) {
    const int pixels = std::min(block, end - start);
    const T* src = conv.src + static_cast<std::size_t>(start) * in_channels;
    if (conv.gate != nullptr) {
      ApplyGate(src, conv.gate, pixels, conv.in_channels, scratch);
      src = scratch;
    }
    // Groups of nearly the same size waste least on the last.
    const int groups = (pixels + kRows - 1) / kRows;
    for (int tile = first_tile; tile < last_tile; ++tile) {
      const int channel = tile * kPointwiseTile;
      const T* weights =
          conv.weights + static_cast<std::size_t>(tile) * in_channels * kPointwiseTile;
      const int count = std::min(kPointwiseTile, conv.out_channels - channel);
      const int vectors = (count + kLanes - 1) / kLanes;
      for (int group = 0; group < groups; ++group) {
        const int row = pixels * group / groups;
        const int rows = pixels * (group + 1) / groups - row;
        kMultiply<T>[rows - 1][vectors - 1](src + static_cast<std::size_t>(row) * in_channels,
                                            weights, conv.in_channels, sums);
        const auto first = static_cast<std::size_t>(start + row);
        if (vectors == 3) {
          Finish<3, activation>(conv, sums, first, rows, channel);
        } else if (vectors == 2) {
          Finish<2, activation>(conv, sums, first, rows, channel);
        } else {
          Finish<1, activation>(conv, sums, first, rows, channel);
        }
      }
    }
  }
}

}  // namespace

template <typename T>
void RunPointwise(const Pointwise<T>& conv, int begin, int end, int first_tile, int last_tile,
                  void* scratch) {
  WithActivation(conv.activation, [&](auto activation) {
    Run<decltype(activation)::value, T>(conv, begin, end, first_tile, last_tile,
                                        static_cast<T*>(scratch));
  });
}

AVOCET_END_AVX512

#else

template <typename T>
void RunPointwise(const Pointwise<T>&, int, int, int, int, void*) {
  AVOCET_CHECK(false);
}

#endif  // defined(__x86_64__)

template std::size_t PointwiseScratchBytes<float>(int);
template std::size_t PointwiseScratchBytes<BFloat16>(int);
template void RunPointwise(const Pointwise<float>&, int, int, int, int, void*);
template void RunPointwise(const Pointwise<BFloat16>&, int, int, int, int, void*);

}  // namespace avocet
