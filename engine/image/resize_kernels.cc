#include "engine/image/resize_kernels.h"

// Highway compiles this file once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/image/resize_kernels.cc"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
// After foreach_target.h.
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace avocet {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// Added before the shift that drops the binary places.
constexpr std::int32_t kHalf = 1 << (kResizeBits - 1);

HWY_INLINE std::uint8_t Clip(std::int32_t value) {
  return static_cast<std::uint8_t>(value < 0 ? 0 : value > 255 ? 255 : value);
}

#if HWY_TARGET == HWY_SCALAR

void ResizeRowsKernel(const std::uint8_t* const* sources, const ResizeTable& table,
                      std::uint8_t* const* destinations) {
  for (int row = 0; row < kHorizontalRows; ++row) {
    for (int x = 0; x < table.size(); ++x) {
      const ResizeTable::Taps taps = table.taps(x);
      for (int c = 0; c < 3; ++c) {
        const std::uint8_t* source = sources[row] + 3 * taps.first + c;
        const std::int32_t* weight = table.weights(x);
        std::int32_t sum = kHalf;
        for (int t = 0; t < taps.count; ++t) sum += source[3 * t] * weight[kHorizontalRepeat * t];
        destinations[row][3 * x + c] = Clip(sum >> kResizeBits);
      }
    }
  }
}

#else

// A vector takes as many taps as it has blocks of four 32-bit lanes, [b g r 0] each. Not more than
// two: adding up the blocks of longer vectors costs more than they save (226 instead of 190 us for
// 512 x 512 to 224 x 224 with AVX-512).
constexpr std::size_t kBlocks = !HWY_HAVE_SCALABLE && HWY_MAX_BYTES >= 32 ? 2 : 1;
constexpr int kSteps = static_cast<int>(kHorizontalGroup / kBlocks);  // vectors in a group of taps
using D32 = hn::FixedTag<std::int32_t, 4 * kBlocks>;
using D8 = hn::Repartition<std::uint8_t, D32>;
using V32 = hn::Vec<D32>;

#define AVOCET_TAP(t) \
  3 * (t), 128, 128, 128, 3 * (t) + 1, 128, 128, 128, 3 * (t) + 2, 128, 128, 128, 128, 128, 128, 128
// Widens each byte of tap t to a lane of 32 bits; 128 gives a zero.
alignas(64) constexpr std::uint8_t kSpread[64] = {AVOCET_TAP(0), AVOCET_TAP(1), AVOCET_TAP(2),
                                                  AVOCET_TAP(3)};
#undef AVOCET_TAP
// The rounding term, once.
alignas(32) constexpr std::int32_t kRounding[8] = {kHalf, kHalf, kHalf, kHalf};

template <class V>
HWY_INLINE auto SumBlocks(V v) {
  if constexpr (kBlocks == 1) {
    return v;
  } else {
    const hn::Half<hn::DFromV<V> > block;
    return hn::Add(hn::LowerHalf(block, v), hn::UpperHalf(block, v));
  }
}

HWY_INLINE void StorePixel(V32 sum, std::uint8_t* destination) {
  const hn::FixedTag<std::uint8_t, 4> pixel;
  hn::StoreU(hn::DemoteTo(pixel, hn::ShiftRight<kResizeBits>(SumBlocks(sum))), pixel, destination);
}

HWY_INLINE V32 LoadSpread(const std::uint8_t* pixels, hn::Vec<D8> spread) {
  const hn::Repartition<std::int8_t, D32> di8;
  const auto taps = hn::LoadDup128(D8(), pixels);
  return hn::BitCast(D32(),
                     hn::TableLookupBytesOr0(hn::BitCast(di8, taps), hn::BitCast(di8, spread)));
}

void ResizeRowsKernel(const std::uint8_t* const* sources, const ResizeTable& table,
                      std::uint8_t* const* destinations) {
  static_assert(kHorizontalRows == 4 && kHorizontalGroup == 4 && kHorizontalRepeat == 4);
  const D32 d32;
  const D8 d8;
  const int groups = table.padded_taps() / kHorizontalGroup;
  const int pixels = table.size();
  const std::int32_t* HWY_RESTRICT weights = table.weights(0);
  const ResizeTable::Taps* HWY_RESTRICT taps = table.all_taps();
  for (int x = 0; x < pixels; ++x) {
    const std::size_t first = 3 * static_cast<std::size_t>(taps[x].first);
    const std::uint8_t* source0 = sources[0] + first;
    const std::uint8_t* source1 = sources[1] + first;
    const std::uint8_t* source2 = sources[2] + first;
    const std::uint8_t* source3 = sources[3] + first;
    V32 sum0 = hn::Load(d32, kRounding);
    V32 sum1 = sum0;
    V32 sum2 = sum0;
    V32 sum3 = sum0;
    // A table of more groups than this pixel has taps ends with zero weights; do not read pixels
    // for them.
    const int used = (taps[x].count + kHorizontalGroup - 1) / kHorizontalGroup;
    const std::int32_t* HWY_RESTRICT weight = weights;
    for (int g = 0; g < used; ++g) {
      for (int s = 0; s < kSteps; ++s) {
        const auto spread = hn::Load(d8, kSpread + static_cast<std::size_t>(s) * 16 * kBlocks);
        const V32 w = hn::LoadU(d32, weight);
        sum0 = hn::Add(sum0, hn::Mul(LoadSpread(source0, spread), w));
        sum1 = hn::Add(sum1, hn::Mul(LoadSpread(source1, spread), w));
        sum2 = hn::Add(sum2, hn::Mul(LoadSpread(source2, spread), w));
        sum3 = hn::Add(sum3, hn::Mul(LoadSpread(source3, spread), w));
        weight += 4 * kBlocks;
      }
      source0 += 3 * kHorizontalGroup;
      source1 += 3 * kHorizontalGroup;
      source2 += 3 * kHorizontalGroup;
      source3 += 3 * kHorizontalGroup;
    }
    weights += groups * kHorizontalGroup * kHorizontalRepeat;
    StorePixel(sum0, destinations[0] + 3 * x);
    StorePixel(sum1, destinations[1] + 3 * x);
    StorePixel(sum2, destinations[2] + 3 * x);
    StorePixel(sum3, destinations[3] + 3 * x);
  }
}

#endif  // HWY_TARGET == HWY_SCALAR

// `kVectors` vectors of columns from column `at` on.
template <int kVectors>
HWY_INLINE void WeightColumns(const std::uint8_t* const* rows, const std::int32_t* weights,
                              int taps, std::size_t at, std::uint8_t* destination) {
  const hn::ScalableTag<std::int32_t> d32;
  const hn::Rebind<std::uint8_t, decltype(d32)> d8;
  const std::size_t lanes = hn::Lanes(d32);
  static_assert(kVectors == 1 || kVectors == 4);
  auto sum0 = hn::Set(d32, kHalf);
  auto sum1 = sum0;
  auto sum2 = sum0;
  auto sum3 = sum0;
  for (int t = 0; t < taps; ++t) {
    const auto weight = hn::Set(d32, weights[t]);
    const std::uint8_t* row = rows[t] + at;
    const auto column = [&](std::size_t i) HWY_ATTR {
      return hn::Mul(hn::PromoteTo(d32, hn::LoadU(d8, row + i * lanes)), weight);
    };
    sum0 = hn::Add(sum0, column(0));
    if constexpr (kVectors == 4) {
      sum1 = hn::Add(sum1, column(1));
      sum2 = hn::Add(sum2, column(2));
      sum3 = hn::Add(sum3, column(3));
    }
  }
  const auto store = [&](std::size_t i, hn::Vec<decltype(d32)> sum) HWY_ATTR {
    hn::StoreU(hn::DemoteTo(d8, hn::ShiftRight<kResizeBits>(sum)), d8,
               destination + at + i * lanes);
  };
  store(0, sum0);
  if constexpr (kVectors == 4) {
    store(1, sum1);
    store(2, sum2);
    store(3, sum3);
  }
}

void ResizeColumnsKernel(const std::uint8_t* const* rows, const std::int32_t* weights, int taps,
                         std::size_t bytes, std::uint8_t* destination) {
  const std::size_t lanes = hn::Lanes(hn::ScalableTag<std::int32_t>());
  std::size_t at = 0;
  for (; at + 4 * lanes <= bytes; at += 4 * lanes) {
    WeightColumns<4>(rows, weights, taps, at, destination);
  }
  for (; at + lanes <= bytes; at += lanes) WeightColumns<1>(rows, weights, taps, at, destination);
  if (at == bytes) return;
  if (bytes >= lanes) {
    // The last columns once more, with a few before them.
    WeightColumns<1>(rows, weights, taps, bytes - lanes, destination);
    return;
  }
  for (; at < bytes; ++at) {
    std::int32_t sum = kHalf;
    for (int t = 0; t < taps; ++t) sum += rows[t][at] * weights[t];
    destination[at] = Clip(sum >> kResizeBits);
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace avocet
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace avocet {

HWY_EXPORT(ResizeRowsKernel);
HWY_EXPORT(ResizeColumnsKernel);

void ResizeRows(const std::uint8_t* const* sources, const ResizeTable& table,
                std::uint8_t* const* destinations) {
  HWY_DYNAMIC_DISPATCH(ResizeRowsKernel)(sources, table, destinations);
}

void ResizeColumns(const std::uint8_t* const* rows, const std::int32_t* weights, int taps,
                   std::size_t bytes, std::uint8_t* destination) {
  HWY_DYNAMIC_DISPATCH(ResizeColumnsKernel)(rows, weights, taps, bytes, destination);
}

}  // namespace avocet
#endif  // HWY_ONCE
