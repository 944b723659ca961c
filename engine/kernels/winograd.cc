#include "engine/kernels/winograd.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "engine/kernels/bfloat16.h"
#include "engine/kernels/winograd_backward.h"

// Highway compiles this file once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/winograd.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h.
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace avocet {
namespace HWY_NAMESPACE {
namespace {

#include "engine/kernels/elements.inc"
#include "engine/kernels/winograd.inc"

// Sums in registers: with 2 vectors of filters and a factor, these fill 16 or 32.
constexpr int kRows = kLanes == 16 ? 12 : 6;
constexpr int kPanel = 2 * kLanes;  // output channels

// Tiles that go through all stages before the next. The more, the less it costs to transform the
// filters, once for each block; their points at 64 channels take half of a second-level cache.
constexpr int kBlockTiles = 64;
// Input channels whose transformed filters are in the second-level cache at once.
constexpr int kBlockChannels = 64;
// From point to point.
constexpr std::ptrdiff_t kFilterStride = WinogradPointStride(kBlockChannels, kPanel);
constexpr std::ptrdiff_t kSumStride = WinogradPointStride(kBlockTiles, kPanel);

// Results at one point: tiles [rows, channels] times filters [channels, kPanel].
struct Products {
  const float* tiles;
  std::ptrdiff_t tile_stride;
  const float* filters;
  int channels;
  float* sums;  // [rows, kPanel]
};

template <int R, bool kAdds>
HWY_INLINE void Multiply(const Products& at, int row) {
  const D d;
  Vec sum[R][2];
  float* const sums = at.sums + std::ptrdiff_t{row} * kPanel;
#pragma GCC unroll 12
  for (int r = 0; r < R; ++r) {
    sum[r][0] = kAdds ? hn::LoadU(d, sums + r * kPanel) : hn::Zero(d);
    sum[r][1] = kAdds ? hn::LoadU(d, sums + r * kPanel + kLanes) : hn::Zero(d);
  }
  const float* tiles = at.tiles + row * at.tile_stride;
  const float* filter = at.filters;
  for (int c = 0; c < at.channels; ++c, ++tiles, filter += kPanel) {
    const Vec left = hn::Load(d, filter);
    const Vec right = hn::Load(d, filter + kLanes);
#pragma GCC unroll 12
    for (int r = 0; r < R; ++r) {
      const Vec factor = hn::Set(d, tiles[r * at.tile_stride]);
      sum[r][0] = hn::MulAdd(factor, left, sum[r][0]);
      sum[r][1] = hn::MulAdd(factor, right, sum[r][1]);
    }
  }
#pragma GCC unroll 12
  for (int r = 0; r < R; ++r) {
    hn::StoreU(sum[r][0], d, sums + r * kPanel);
    hn::StoreU(sum[r][1], d, sums + r * kPanel + kLanes);
  }
}

// `count` rows from `row` on, at most R.
template <int R, bool kAdds>
HWY_INLINE void MultiplyRows(const Products& at, int row, int count) {
  if (count == R) {
    Multiply<R, kAdds>(at, row);
  } else if constexpr (R > 1) {
    MultiplyRows<R - 1, kAdds>(at, row, count);
  }
}

template <bool kAdds>
void MultiplyAll(const Products& at, int rows) {
  // Groups as even as can be: a few rows alone would not hide the latency of their sums.
  const int groups = (rows + kRows - 1) / kRows;
  for (int group = 0, row = 0; group < groups; ++group) {
    const int count = (rows - row) / (groups - group);
    MultiplyRows<kRows, kAdds>(at, row, count);
    row += count;
  }
}

// The points of the filters of a panel and the input channels [first, last):
// [points][channels][kPanel].
template <class Tile, typename T>
void TransformFilters(const Winograd<T>& conv, int panel, int first, int last, float* to) {
  constexpr int kPoints = Tile::kPoints;
  constexpr int kTaps = 9;
  const D d;
  const int lanes = HWY_MIN(kPanel, conv.sizes.out_channels - panel * kPanel);
  for (int c = first; c < last; ++c, to += kPanel) {
    for (int lane = 0; lane < lanes; lane += kLanes) {
      const int out = panel * kPanel + lane;
      const T* taps = conv.filters +
                      (std::ptrdiff_t{out / kWinogradChannels} * conv.sizes.in_channels + c) *
                          kTaps * kWinogradChannels +
                      out % kWinogradChannels;
      InTwoDimensions<3, kPoints>(
          [&](int y, int x) HWY_ATTR {
            const int tap = conv.is_turned ? kTaps - 1 - (y * 3 + x) : y * 3 + x;
            return Read(d, taps + tap * kWinogradChannels);
          },
          [](const auto& from, auto& points) HWY_ATTR { Tile::Filter(from, points); },
          [&](int y, int x, Vec value)
              HWY_ATTR { hn::StoreU(value, d, to + (y * kPoints + x) * kFilterStride + lane); });
    }
  }
}

// One tile of the result, from its points, for the channels [begin, end).
template <class Tile, class Activation, typename T>
HWY_INLINE void FinishTile(const Winograd<T>& conv, int tile, const float* from, int begin,
                           int end) {
  constexpr int kPoints = Tile::kPoints;
  constexpr int kSize = Tile::kSize;
  const D d;
  const WinogradSizes& sizes = conv.sizes;
  const Place place(sizes, tile);
  const int rows = HWY_MIN(kSize, sizes.out_height - place.top);
  const int columns = HWY_MIN(kSize, sizes.out_width - place.left);
  const std::ptrdiff_t first =
      ((std::ptrdiff_t{place.image} * sizes.out_height + place.top) * sizes.out_width +
       place.left) *
      sizes.out_channels;
  for (int c = begin; c < end; c += kLanes) {
    const Vec bias = conv.bias == nullptr ? hn::Zero(d) : hn::LoadU(d, conv.bias + c);
    InTwoDimensions<kPoints, kSize>(
        [&](int y, int x)
            HWY_ATTR { return hn::LoadU(d, from + (y * kPoints + x) * kSumStride + (c - begin)); },
        [](const auto& points, auto& to) HWY_ATTR { Tile::Result(points, to); },
        [&](int y, int x, Vec value) HWY_ATTR {
          if (y >= rows || x >= columns) return;
          const std::ptrdiff_t pixel =
              first + (std::ptrdiff_t{y} * sizes.out_width + x) * sizes.out_channels + c;
          value = hn::Add(value, bias);
          if (conv.residual != nullptr) value = hn::Add(value, Read(d, conv.residual + pixel));
          Write(d, Activation::Value(d, value), conv.dst + pixel);
        });
  }
}

// Where a call's scratch has what, in numbers.
struct Scratch {
  std::ptrdiff_t tile_stride;  // from point to point
  std::ptrdiff_t tiles;        // after zeros for the channels of a pixel
  std::ptrdiff_t filters;
  std::ptrdiff_t sums;
  std::ptrdiff_t size;

  Scratch(const WinogradSizes& sizes, int tiles_of_call)
      : tile_stride(WinogradPointStride(std::min(kBlockTiles, tiles_of_call), sizes.in_channels)),
        tiles(sizes.in_channels),
        filters(tiles + sizes.points() * tile_stride),
        sums(filters + sizes.points() * kFilterStride),
        size(sums + sizes.points() * kSumStride) {}
};

std::size_t ScratchSize(const WinogradSizes& sizes, int tiles) {
  return static_cast<std::size_t>(Scratch(sizes, tiles).size);
}

// A panel of `count` tiles from `first` on, whose points are in `memory`.
template <class Tile, class Activation, typename T>
void RunPanel(const Winograd<T>& conv, int panel, int first, int count, const Scratch& scratch,
              float* memory) {
  const WinogradSizes& sizes = conv.sizes;
  float* const sums = memory + scratch.sums;
  for (int c = 0; c < sizes.in_channels; c += kBlockChannels) {
    const int channels = HWY_MIN(kBlockChannels, sizes.in_channels - c);
    TransformFilters<Tile>(conv, panel, c, c + channels, memory + scratch.filters);
    for (int point = 0; point < Tile::kPoints * Tile::kPoints; ++point) {
      const Products at = {.tiles = memory + scratch.tiles + point * scratch.tile_stride + c,
                           .tile_stride = sizes.in_channels,
                           .filters = memory + scratch.filters + point * kFilterStride,
                           .channels = channels,
                           .sums = sums + point * kSumStride};
      if (c == 0) {
        MultiplyAll<false>(at, count);
      } else {
        MultiplyAll<true>(at, count);
      }
    }
  }
  const int begin = panel * kPanel;
  const int end = HWY_MIN(begin + kPanel, sizes.out_channels);
  for (int t = 0; t < count; ++t) {
    FinishTile<Tile, Activation>(conv, first + t, sums + std::ptrdiff_t{t} * kPanel, begin, end);
  }
}

template <typename T>
HWY_INLINE void RunTyped(const Winograd<T>& conv, int begin, int end, int first_panel,
                         int last_panel, float* memory) {
  const WinogradSizes& sizes = conv.sizes;
  const Scratch scratch(sizes, end - begin);
  std::fill_n(memory, scratch.tiles, 0.0f);
  // Zero has the same bits in both types.
  const T* const zeros = reinterpret_cast<const T*>(memory);
  const int blocks = (end - begin + kBlockTiles - 1) / kBlockTiles;
  WithTile(sizes, [&](auto tile) HWY_ATTR {
    using Tile = decltype(tile);
    WithActivation(conv.activation, [&](auto activation) HWY_ATTR {
      for (int block = 0, first = begin; block < blocks; ++block) {
        const int count = (end - first) / (blocks - block);
        for (int t = 0; t < count; ++t) {
          TransformSourceTile<Tile>(sizes, conv.src, first + t, zeros, scratch.tile_stride,
                                    memory + scratch.tiles + std::ptrdiff_t{t} * sizes.in_channels);
        }
        for (int panel = first_panel; panel < last_panel; ++panel) {
          RunPanel<Tile, decltype(activation)>(conv, panel, first, count, scratch, memory);
        }
        first += count;
      }
    });
  });
}

void Run(const Winograd<float>& conv, int begin, int end, int first_panel, int last_panel,
         float* memory) {
  RunTyped(conv, begin, end, first_panel, last_panel, memory);
}

void RunBFloat16(const Winograd<BFloat16>& conv, int begin, int end, int first_panel,
                 int last_panel, float* memory) {
  RunTyped(conv, begin, end, first_panel, last_panel, memory);
}

int Panels(int out_channels) { return (out_channels + kPanel - 1) / kPanel; }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace avocet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace avocet {

HWY_EXPORT(Panels);
HWY_EXPORT(ScratchSize);
HWY_EXPORT(Run);
HWY_EXPORT(RunBFloat16);

int WinogradPanels(int out_channels) { return HWY_DYNAMIC_DISPATCH(Panels)(out_channels); }

std::size_t WinogradScratchSize(const WinogradSizes& sizes, int tiles) {
  return HWY_DYNAMIC_DISPATCH(ScratchSize)(sizes, tiles);
}

template <>
void RunWinograd(const Winograd<float>& conv, int begin, int end, int first_panel, int last_panel,
                 float* scratch) {
  HWY_DYNAMIC_DISPATCH(Run)(conv, begin, end, first_panel, last_panel, scratch);
}

template <>
void RunWinograd(const Winograd<BFloat16>& conv, int begin, int end, int first_panel,
                 int last_panel, float* scratch) {
  HWY_DYNAMIC_DISPATCH(RunBFloat16)(conv, begin, end, first_panel, last_panel, scratch);
}

}  // namespace avocet
#endif
