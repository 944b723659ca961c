#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "engine/kernels/float32_any.h"

// Highway compiles this file once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/depthwise_any.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h.
#include "hwy/cache_control.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace avocet {
namespace HWY_NAMESPACE {
namespace {

#include "engine/kernels/elements.inc"

using D = hn::CappedTag<float, kDepthwiseTile>;
using Vec = hn::Vec<D>;
constexpr int kLanes = static_cast<int>(hn::MaxLanes(D()));

// Results in registers, as in depthwise_rows.h: with the widest filter's row and a value of the
// source, these fill 16 registers.
constexpr int kPixels = 7;

// Reads as pixels beside the image.
HWY_ALIGN constexpr float kZeros[kDepthwiseTile] = {};

// The source rows under the filter for a result row, from column 0; null: outside.
template <int K>
struct SourceRows {
  const float* rows[K];
};

// What a call does for one vector of channels.
template <class Mask>
struct Channels {
  int first;
  bool whole;
  Mask mask;  // the channels that are there
};

template <class Mask>
HWY_INLINE Vec LoadChannels(const Channels<Mask>& channels, const float* from) {
  const D d;
  return channels.whole ? hn::LoadU(d, from) : hn::MaskedLoad(channels.mask, d, from);
}

// The results at columns [begin, begin + kPixels) of row `y`, as far as the row goes.
template <int K, int S, bool inside, class Activation, class Mask>
HWY_INLINE void RunGroup(const Depthwise<float>& conv, const SourceRows<K>& src, int y, int begin,
                         const Channels<Mask>& channels, float* sums) {
  const D d;
  const int lane = channels.first % kDepthwiseTile;
  const float* weights = conv.weights + std::ptrdiff_t{channels.first - lane} * K * K + lane;
  const Vec bias =
      conv.bias == nullptr ? hn::Zero(d) : LoadChannels(channels, conv.bias + channels.first);
  Vec sum[kPixels];
#pragma GCC unroll 7
  for (int p = 0; p < kPixels; ++p) sum[p] = bias;
  const int x = begin * S - conv.pad_left;
  constexpr int kColumns = (kPixels - 1) * S + K;
  for (int ky = 0; ky < K; ++ky) {
    if (src.rows[ky] == nullptr) continue;
    const float* row = src.rows[ky] + channels.first;
    const float* taps = weights + std::ptrdiff_t{ky} * K * kDepthwiseTile;
    Vec weight[K];
#pragma GCC unroll 7
    for (int k = 0; k < K; ++k) weight[k] = hn::LoadU(d, taps + k * kDepthwiseTile);
#pragma GCC unroll 20
    for (int column = 0; column < kColumns; ++column) {
      const float* from = row + std::ptrdiff_t{x + column} * conv.channels;
      if constexpr (!inside) {
        if (x + column < 0 || x + column >= conv.width) from = kZeros;
      }
      const Vec value = LoadChannels(channels, from);
#pragma GCC unroll 7
      for (int p = 0; p < kPixels; ++p) {
        const int k = column - p * S;
        if (k >= 0 && k < K) sum[p] = hn::MulAdd(value, weight[k], sum[p]);
      }
    }
  }
  float* dst = conv.dst +
               (std::ptrdiff_t{y - conv.dst_begin} * conv.out_width + begin) * conv.channels +
               channels.first;
  const int count = std::min(kPixels, conv.out_width - begin);
  Vec total = hn::Zero(d);
#pragma GCC unroll 7
  for (int p = 0; p < kPixels; ++p) {
    if (p >= count) break;
    const Vec value = Activation::Value(d, sum[p]);
    total = hn::Add(total, value);
    if (channels.whole) {
      hn::StoreU(value, d, dst + std::ptrdiff_t{p} * conv.channels);
    } else {
      hn::BlendedStore(value, channels.mask, d, dst + std::ptrdiff_t{p} * conv.channels);
    }
  }
  if (sums == nullptr) return;
  float* to = sums + channels.first;
  total = hn::Add(total, LoadChannels(channels, to));
  if (channels.whole) {
    hn::StoreU(total, d, to);
  } else {
    hn::BlendedStore(total, channels.mask, d, to);
  }
}

template <int K, int S, bool inside, class Activation>
void RunChannels(const Depthwise<float>& conv, const SourceRows<K>& src, int y, int begin,
                 float* sums) {
  const D d;
  for (int first = 0; first < conv.channels; first += kLanes) {
    const int count = std::min(kLanes, conv.channels - first);
    const auto mask = hn::FirstN(d, static_cast<std::size_t>(count));
    const Channels<decltype(mask)> channels = {first, count == kLanes, mask};
    RunGroup<K, S, inside, Activation>(conv, src, y, begin, channels, sums);
  }
}

// Fetches what the next result row will read for the first time.
template <int K, int S>
HWY_INLINE void PrefetchRows(const Depthwise<float>& conv, int y, int x) {
  for (int s = 0; s < S; ++s) {
    const int row = y * S - conv.pad_top + K + s;
    if (row < 0 || row >= conv.height || x < 0) return;
    const float* from = conv.src + (std::ptrdiff_t{row} * conv.width + x) * conv.channels;
    const int columns = std::min(kPixels * S, conv.width - x);
    for (std::ptrdiff_t i = 0; i < std::ptrdiff_t{columns} * conv.channels; i += 16) {
      hwy::Prefetch(from + i);
    }
  }
}

// All channels of a group of pixels before the next group: memory is read in its order.
template <int K, int S, class Activation>
void RunRows(const Depthwise<float>& conv, int begin, int end, float* sums) {
  for (int y = begin; y < end; ++y) {
    SourceRows<K> src;
    for (int ky = 0; ky < K; ++ky) {
      const int row = y * S - conv.pad_top + ky;
      const bool is_there = row >= 0 && row < conv.height;
      src.rows[ky] =
          is_there ? conv.src + std::ptrdiff_t{row} * conv.width * conv.channels : nullptr;
    }
    for (int column = 0; column < conv.out_width; column += kPixels) {
      const int x = column * S - conv.pad_left;
      PrefetchRows<K, S>(conv, y, x);
      if (x >= 0 && x + (kPixels - 1) * S + K <= conv.width) {
        RunChannels<K, S, true, Activation>(conv, src, y, column, sums);
      } else {
        RunChannels<K, S, false, Activation>(conv, src, y, column, sums);
      }
    }
  }
}

template <class Activation>
void RunKernel(const Depthwise<float>& conv, int kernel, int stride, int begin, int end,
               float* sums) {
  if (stride == 1) {
    if (kernel == 3) return RunRows<3, 1, Activation>(conv, begin, end, sums);
    if (kernel == 5) return RunRows<5, 1, Activation>(conv, begin, end, sums);
    return RunRows<7, 1, Activation>(conv, begin, end, sums);
  }
  if (kernel == 3) return RunRows<3, 2, Activation>(conv, begin, end, sums);
  if (kernel == 5) return RunRows<5, 2, Activation>(conv, begin, end, sums);
  return RunRows<7, 2, Activation>(conv, begin, end, sums);
}

void Depthwise32(const Depthwise<float>& conv, int kernel, int stride, int begin, int end,
                 float* sums) {
  WithActivation(conv.activation, [&](auto activation) HWY_ATTR {
    RunKernel<decltype(activation)>(conv, kernel, stride, begin, end, sums);
  });
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace avocet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace avocet {

HWY_EXPORT(Depthwise32);

void RunDepthwiseAny(const Depthwise<float>& conv, int kernel, int stride, int begin, int end,
                     float* sums) {
  HWY_DYNAMIC_DISPATCH(Depthwise32)(conv, kernel, stride, begin, end, sums);
}

}  // namespace avocet
#endif
