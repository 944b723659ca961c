#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "engine/kernels/float32_any.h"

// Highway compiles this file once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/pointwise_any.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h.
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace avocet {
namespace HWY_NAMESPACE {
namespace {

#include "engine/kernels/elements.inc"

using D = hn::ScalableTag<float>;
using Vec = hn::Vec<D>;
constexpr int kLanes = static_cast<int>(hn::MaxLanes(D()));
// Sums in registers: with 3 vectors of weights and a factor, these fill 16 or 32.
constexpr int kRows = kLanes == 16 ? 8 : 4;
constexpr int kVectors = 3;
constexpr int kColumns = kVectors * kLanes;  // of a tile, which holds some of them
static_assert(kPointwiseTile % kColumns == 0);

// sum [R, V vectors] = src [R, in_channels] * weights, V vectors of a tile's columns.
template <int R, int V>
HWY_INLINE void Multiply(const float* src, const float* weights, int in_channels,
                         Vec (&sum)[R][V]) {
  const D d;
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) sum[r][v] = hn::Zero(d);
  }
  const std::ptrdiff_t stride = in_channels;
  for (std::ptrdiff_t k = 0; k < stride; ++k, weights += kPointwiseTile) {
    Vec weight[V];
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) weight[v] = hn::Load(d, weights + v * kLanes);
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      const Vec factor = hn::Set(d, src[r * stride + k]);
#pragma GCC unroll 3
      for (int v = 0; v < V; ++v) sum[r][v] = hn::MulAdd(factor, weight[v], sum[r][v]);
    }
  }
}

// R pixels by V vectors of channels from `channel` on, the last of which may be partly there.
template <int R, int V, class Activation>
void RunTile(const Pointwise<float>& conv, const float* src, const float* weights,
             std::ptrdiff_t row, int channel) {
  const D d;
  Vec sum[R][V];
  Multiply<R, V>(src, weights, conv.in_channels, sum);
  const int rest = std::min(kLanes, conv.out_channels - channel - (V - 1) * kLanes);
  const auto last = hn::FirstN(d, static_cast<std::size_t>(rest));
#pragma GCC unroll 3
  for (int v = 0; v < V; ++v) {
    const bool whole = v + 1 < V || rest == kLanes;
    const int c = channel + v * kLanes;
    const Vec bias = conv.bias == nullptr ? hn::Zero(d)
                     : whole              ? hn::LoadU(d, conv.bias + c)
                                          : hn::MaskedLoad(last, d, conv.bias + c);
    std::ptrdiff_t offset = row * conv.out_channels + c;
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r, offset += conv.out_channels) {
      Vec value = hn::Add(sum[r][v], bias);
      if (conv.residual != nullptr) {
        value = hn::Add(value, whole ? hn::LoadU(d, conv.residual + offset)
                                     : hn::MaskedLoad(last, d, conv.residual + offset));
      }
      value = Activation::Value(d, value);
      if (whole) {
        hn::StoreU(value, d, conv.dst + offset);
      } else {
        hn::BlendedStore(value, last, d, conv.dst + offset);
      }
    }
  }
}

// `rows` pixels by V vectors of channels.
template <int V, class Activation>
void RunPixels(const Pointwise<float>& conv, int rows, const float* src, const float* weights,
               std::ptrdiff_t row, int channel) {
  const std::ptrdiff_t stride = conv.in_channels;
  int r = 0;
  for (; r + kRows <= rows; r += kRows) {
    RunTile<kRows, V, Activation>(conv, src + r * stride, weights, row + r, channel);
  }
  if (rows - r >= kRows / 2) {
    RunTile<kRows / 2, V, Activation>(conv, src + r * stride, weights, row + r, channel);
    r += kRows / 2;
  }
  for (; r < rows; ++r) {
    RunTile<1, V, Activation>(conv, src + r * stride, weights, row + r, channel);
  }
}

void ApplyGate(const float* src, const float* gate, int rows, int channels, float* dst) {
  ForVectors(0, channels, [&](auto d, std::ptrdiff_t c) HWY_ATTR {
    const auto factor = hn::LoadU(d, gate + c);
    for (std::ptrdiff_t i = c; i < std::ptrdiff_t{rows} * channels; i += channels) {
      hn::StoreU(hn::Mul(hn::LoadU(d, src + i), factor), d, dst + i);
    }
  });
}

void Pointwise32(const Pointwise<float>& conv, int begin, int end, int first_tile, int last_tile,
                 float* scratch) {
  const int block =
      static_cast<int>(PointwiseScratchBytes<float>(conv.in_channels) / sizeof(float)) /
      conv.in_channels;
  WithActivation(conv.activation, [&](auto activation) HWY_ATTR {
    for (int start = begin; start < end; start += block) {
      const int pixels = std::min(block, end - start);
      const float* src = conv.src + std::ptrdiff_t{start} * conv.in_channels;
      if (conv.gate != nullptr) {
        ApplyGate(src, conv.gate, pixels, conv.in_channels, scratch);
        src = scratch;
      }
      for (int tile = first_tile; tile < last_tile; ++tile) {
        const float* weights =
            conv.weights + std::ptrdiff_t{tile} * conv.in_channels * kPointwiseTile;
        for (int column = 0; column < kPointwiseTile; column += kColumns) {
          const int channel = tile * kPointwiseTile + column;
          const int count = std::min(kColumns, conv.out_channels - channel);
          if (count <= 0) break;
          using Type = decltype(activation);
          if (count > 2 * kLanes) {
            RunPixels<3, Type>(conv, pixels, src, weights + column, start, channel);
          } else if (count > kLanes) {
            RunPixels<2, Type>(conv, pixels, src, weights + column, start, channel);
          } else {
            RunPixels<1, Type>(conv, pixels, src, weights + column, start, channel);
          }
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

HWY_EXPORT(Pointwise32);

void RunPointwiseAny(const Pointwise<float>& conv, int begin, int end, int first_tile,
                     int last_tile, void* scratch) {
  HWY_DYNAMIC_DISPATCH(Pointwise32)
  (conv, begin, end, first_tile, last_tile, static_cast<float*>(scratch));
}

}  // namespace avocet
#endif
