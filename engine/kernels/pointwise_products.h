// The sums of RunPointwise's versions for AVX-512: a few pixels' channels times a tile of weights.
// For the sources of this folder alone, as vector.h.
#ifndef AVOCET_ENGINE_KERNELS_POINTWISE_PRODUCTS_H_
#define AVOCET_ENGINE_KERNELS_POINTWISE_PRODUCTS_H_

#include <algorithm>
#include <cstddef>

#include "engine/kernels/bfloat16.h"
#include "engine/kernels/pointwise.h"
#include "engine/kernels/vector.h"

#if defined(__x86_64__)

AVOCET_BEGIN_AVX512

namespace avocet {
namespace {

constexpr int kRows = 8;     // pixels in registers
constexpr int kVectors = 3;  // vectors of output channels in registers
static_assert(kVectors * kLanes == kPointwiseTile);

template <int R, int V>
inline void Clear(__m512 (&sum)[R][V]) {
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) sum[r][v] = _mm512_setzero_ps();
  }
}

// sum[r] += factor of row r * weight
template <int R, int V, typename Factor>
inline void AddProducts(const Factor& factor, const __m512 (&weight)[V], __m512 (&sum)[R][V]) {
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
    const __m512 value = _mm512_set1_ps(factor(static_cast<std::size_t>(r)));
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) sum[r][v] = _mm512_fmadd_ps(value, weight[v], sum[r][v]);
  }
}

// Each has the numbers' type in memory, and Multiply, which computes sum [R, V vectors] =
// src [R, in_channels] * weights for the first V vectors of a tile. 24 sums, 3 weights and one
// factor fit the 32 registers; inlined, they stay there.
struct Float32Products {
  using Number = float;

  template <int R, int V>
  [[gnu::always_inline]] static inline void Multiply(const float* src, const float* weights,
                                                     int in_channels, __m512 (&sum)[R][V]) {
    Clear(sum);
    const auto stride = static_cast<std::size_t>(in_channels);
    for (std::size_t k = 0; k < stride; ++k, weights += kPointwiseTile) {
      __m512 weight[V];
#pragma GCC unroll 3
      for (int v = 0; v < V; ++v) weight[v] = _mm512_load_ps(weights + v * kLanes);
      AddProducts([=](std::size_t r) { return src[r * stride + k]; }, weight, sum);
    }
  }
};

// Two input channels at a time.
struct BFloat16Products {
  using Number = BFloat16;

  template <int R, int V>
  [[gnu::always_inline]] static inline void Multiply(const BFloat16* src, const BFloat16* weights,
                                                     int in_channels, __m512 (&sum)[R][V]) {
    Clear(sum);
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
  }
};

// The same from float32's instructions, see MultipliesBFloat16AsFloat. The pixels are widened on
// the way, a part at a time, which stays in the nearest cache.
struct WidenedProducts {
  using Number = BFloat16;
  static constexpr std::size_t kPart = 512;  // channels

  template <int R, int V>
  [[gnu::always_inline]] static inline void Multiply(const BFloat16* src, const BFloat16* weights,
                                                     int in_channels, __m512 (&sum)[R][V]) {
    alignas(64) float wide[R][kPart];
    const __m512i upper = _mm512_set1_epi32(static_cast<int>(0xffff0000u));
    Clear(sum);
    const auto stride = static_cast<std::size_t>(in_channels);
    for (std::size_t first = 0; first < stride; first += kPart) {
      const std::size_t count = std::min(kPart, stride - first);
#pragma GCC unroll 8
      for (int r = 0; r < R; ++r) {
        const BFloat16* pixel = src + static_cast<std::size_t>(r) * stride + first;
        for (std::size_t k = 0; k < count; k += kLanes) {
          _mm512_store_ps(wide[r] + k, Load(pixel + k, FirstLanes(static_cast<int>(count - k))));
        }
      }
      for (std::size_t k = 0; k < count; k += 2, weights += 2 * kPointwiseTile) {
        __m512 weight[V];
#pragma GCC unroll 3
        for (int v = 0; v < V; ++v) {
          const __m512i pair = _mm512_load_si512(weights + 2 * v * kLanes);
          weight[v] = _mm512_castsi512_ps(_mm512_slli_epi32(pair, 16));
        }
        AddProducts([&](std::size_t r) { return wide[r][k]; }, weight, sum);
#pragma GCC unroll 3
        for (int v = 0; v < V; ++v) {
          const __m512i pair = _mm512_load_si512(weights + 2 * v * kLanes);
          weight[v] = _mm512_castsi512_ps(_mm512_and_si512(pair, upper));
        }
        AddProducts([&](std::size_t r) { return wide[r][k + 1]; }, weight, sum);
      }
    }
  }
};

}  // namespace
}  // namespace avocet

AVOCET_END_AVX512

#endif  // defined(__x86_64__)

#endif  // AVOCET_ENGINE_KERNELS_POINTWISE_PRODUCTS_H_
