// What the versions of RunPointwise share: the ways into a product and out of it. For the sources
// of this folder alone, as vector.h.
#ifndef AVOCET_ENGINE_KERNELS_POINTWISE_PARTS_H_
#define AVOCET_ENGINE_KERNELS_POINTWISE_PARTS_H_

#include <algorithm>
#include <cstddef>

#include "engine/kernels/pointwise.h"
#include "engine/kernels/vector.h"

#if defined(__x86_64__)

AVOCET_BEGIN_AVX512

namespace avocet {
namespace {

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
    if (last == 0xffff) {
      _mm512_storeu_si512(dst, (__m512i)_mm512_cvtne2ps_pbh(values[1], values[0]));
      return;
    }
    Store(dst, values[0], 0xffff);
  }
  Store(dst + (V - 1) * kLanes, values[V - 1], last);
}

// The channels of V vectors from `channel` on: their biases, and which of the last are there.
template <int V>
struct Tile {
  __m512 bias[V];
  __mmask16 last;
};

template <int V, typename T>
inline Tile<V> TileOf(const Pointwise<T>& conv, int channel) {
  Tile<V> tile;
  tile.last = FirstLanes(conv.out_channels - channel - (V - 1) * kLanes);
#pragma GCC unroll 3
  for (int v = 0; v < V; ++v) {
    const __mmask16 lanes = v + 1 == V ? tile.last : static_cast<__mmask16>(0xffff);
    tile.bias[v] =
        conv.bias == nullptr ? _mm512_setzero_ps() : Load(conv.bias + channel + v * kLanes, lanes);
  }
  return tile;
}

// Adds bias and shortcut to the sums of one pixel and stores their activation; `offset` is that of
// the first channel in the result.
template <VectorActivation activation, int V, typename T>
inline void FinishPixel(const Pointwise<T>& conv, const Tile<V>& tile, const __m512 (&sum)[V],
                        std::size_t offset) {
  __m512 values[V];
#pragma GCC unroll 3
  for (int v = 0; v < V; ++v) {
    values[v] = _mm512_add_ps(sum[v], tile.bias[v]);
    if (conv.residual != nullptr) {
      const __mmask16 lanes = v + 1 == V ? tile.last : static_cast<__mmask16>(0xffff);
      values[v] = _mm512_add_ps(values[v], Load(conv.residual + offset + v * kLanes, lanes));
    }
    values[v] = Activate<activation, T>(values[v]);
  }
  StoreTile(conv.dst + offset, values, tile.last);
}

// The same for `rows` pixels from `row` on, whose sums are in memory, [rows, kStride].
template <int V, VectorActivation activation, int kStride, typename T>
void Finish(const Pointwise<T>& conv, const float* sums, std::size_t row, int rows, int channel) {
  const Tile<V> tile = TileOf<V>(conv, channel);
  const auto stride = static_cast<std::size_t>(conv.out_channels);
  std::size_t offset = row * stride + static_cast<std::size_t>(channel);
  for (int r = 0; r < rows; ++r, offset += stride) {
    __m512 sum[V];
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) sum[v] = _mm512_load_ps(sums + r * kStride + v * kLanes);
    FinishPixel<activation>(conv, tile, sum, offset);
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

}  // namespace
}  // namespace avocet

AVOCET_END_AVX512

#endif  // defined(__x86_64__)

#endif  // AVOCET_ENGINE_KERNELS_POINTWISE_PARTS_H_
