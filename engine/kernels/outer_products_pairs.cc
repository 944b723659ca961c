#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/base/check.h"
#include "engine/kernels/cpu.h"
#include "engine/kernels/outer_products.h"
#include "engine/kernels/outer_products_amx.h"
#include "engine/kernels/outer_products_tiles.h"
#include "engine/kernels/vector.h"

namespace avocet {

#if defined(__x86_64__)

AVOCET_BEGIN_AVX512

namespace {

constexpr int kRows = 8;  // channels of left whose sums are in registers
constexpr int kVectors = kOuterProductVectors;
constexpr int kColumns = kVectors * kLanes;

// Pairs of pixels that all tiles go over before the next, and channels of left that are packed at
// once: these stay in the second-level cache, in an eighth of it, a tile of right in the nearest.
constexpr int kBlockPairs = kPairOuterPixels / 2;
constexpr int kPackedChannels = 256;

// From tile to tile of packed left: an odd number of cache lines.
constexpr std::ptrdiff_t kLeftTile = (kBlockPairs + kLanes / kRows) * kRows;

// Both numbers of a pair of pixels, channel by channel, as the CPU multiplies them.
using Pair = std::uint32_t;

struct Packed {
  alignas(64) Pair left[kPackedChannels / kRows * kLeftTile];  // [channels / kRows][pairs][kRows]
  alignas(64) Pair right[kBlockPairs * kColumns];              // [pairs][kColumns]
};

inline __m512i Widened(const BFloat16* src, __mmask16 lanes) {
  return _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(lanes, src));
}

// The pixels [2 p, 2 p + 1] of `lanes` channels; without the second, it counts as zeros.
inline __m512i PairOf(const BFloat16* first, const BFloat16* second, __mmask16 lanes) {
  const __m512i low = Widened(first, lanes);
  if (second == nullptr) return low;
  return _mm512_or_si512(low, _mm512_slli_epi32(Widened(second, lanes), 16));
}

// A matrix of pixels by channels.
struct Pixels {
  const BFloat16* numbers = nullptr;
  std::ptrdiff_t stride = 0;
  int count = 0;

  int pairs() const { return (count + 1) / 2; }
  inline __m512i At(int pair, int channel, __mmask16 lanes) const {
    const BFloat16* const first = numbers + 2 * pair * stride + channel;
    return PairOf(first, 2 * pair + 1 < count ? first + stride : nullptr, lanes);
  }
  // The same pixels, from a channel on; and so many pixels behind these.
  Pixels From(int channel) const { return {numbers + channel, stride, count}; }
  Pixels After(int pixels) const { return {numbers + count * stride, stride, pixels}; }
};

// Channels behind the last are zeros.
void PackLeft(const Pixels& left, int channels, Pair* packed) {
  for (int pair = 0; pair < left.pairs(); ++pair, packed += kRows) {
    Pair* to = packed;
    for (int c = 0; c < channels; c += kLanes, to += 2 * kLeftTile) {
      const __m512i pairs = left.At(pair, c, FirstLanes(channels - c));
      _mm256_store_si256(reinterpret_cast<__m256i*>(to), _mm512_castsi512_si256(pairs));
      if (c + kRows < channels) {
        _mm256_store_si256(reinterpret_cast<__m256i*>(to + kLeftTile),
                           _mm512_extracti64x4_epi64(pairs, 1));
      }
    }
  }
}

void PackRight(const Pixels& right, int columns, Pair* packed) {
  for (int pair = 0; pair < right.pairs(); ++pair, packed += kColumns) {
    for (int c = 0; c < columns; c += kLanes) {
      _mm512_store_si512(packed + c, right.At(pair, c, FirstLanes(columns - c)));
    }
  }
}

// One tile of the sums: kRows channels of left, of which `rows` are there, by V vectors of right,
// of which `rest` lanes of the last are.
template <int V>
void AddTile(const Pair* left, const Pair* right, int pairs, int rows, __mmask16 rest, float* sums,
             std::ptrdiff_t stride) {
  __m512 sum[kRows][V];
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) sum[r][v] = _mm512_setzero_ps();
  }
  for (int p = 0; p < pairs; ++p, left += kRows, right += kColumns) {
    __m512bh vector[V];
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) vector[v] = (__m512bh)_mm512_load_si512(right + v * kLanes);
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      const auto factor = (__m512bh)_mm512_set1_epi32(static_cast<int>(left[r]));
#pragma GCC unroll 3
      for (int v = 0; v < V; ++v) sum[r][v] = _mm512_dpbf16_ps(sum[r][v], factor, vector[v]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
    if (r >= rows) break;
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) {
      float* const to = sums + r * stride + v * kLanes;
      const __mmask16 lanes = v + 1 < V ? FirstLanes(kLanes) : rest;
      Store(to, _mm512_add_ps(Load(to, lanes), sum[r][v]), lanes);
    }
  }
}

// Numbers that will be packed next: fetched along with the products of others, for their pixels are
// too far apart for the CPU to foresee.
struct Ahead {
  Pixels pixels = {};
  int numbers = 0;  // of each pixel

  // The `part`th of so many equal parts.
  inline void Fetch(int part, int parts) const {
    constexpr int kLine = 32;  // numbers
    for (int p = pixels.count * part / parts; p < pixels.count * (part + 1) / parts; ++p) {
      const BFloat16* const pixel = pixels.numbers + p * pixels.stride;
      for (int i = 0; i < numbers; i += kLine) _mm_prefetch(pixel + i, _MM_HINT_T0);
      _mm_prefetch(pixel + numbers - 1, _MM_HINT_T0);
    }
  }
};

// `channels` of left by `columns` of right, both packed.
void AddColumns(const Packed& packed, int pairs, int channels, int columns,
                const std::array<Ahead, 2>& ahead, float* sums, std::ptrdiff_t stride) {
  const int tiles = (channels + kRows - 1) / kRows;
  const int vectors = (columns + kLanes - 1) / kLanes;
  const __mmask16 rest = FirstLanes(columns - (vectors - 1) * kLanes);
  const auto add = vectors == 3 ? AddTile<3> : vectors == 2 ? AddTile<2> : AddTile<1>;
  for (int tile = 0; tile < tiles; ++tile) {
    for (const Ahead& next : ahead) next.Fetch(tile, tiles);
    add(packed.left + tile * kLeftTile, packed.right, pairs, channels - tile * kRows, rest,
        sums + tile * kRows * stride, stride);
  }
}

// The channels [first, first + channels) of left, of a block of pixels.
void AddBlock(const OuterProducts<BFloat16>& at, int pixel, int pixels, int first, int channels,
              Packed& packed) {
  const Pixels left = {at.left + pixel * at.left_stride + first, at.left_stride, pixels};
  const Pixels right = {at.right + pixel * at.right_stride, at.right_stride, pixels};
  const int pixels_after = std::min(kPairOuterPixels, at.pixels - pixel - pixels);
  PackLeft(left, channels, packed.left);
  int columns;
  for (int column = 0; column < at.right_channels; column += columns) {
    columns = OuterProductColumns(at.right_channels - column, kLanes);
    PackRight(right.From(column), columns, packed.right);
    std::array<Ahead, 2> ahead;
    const int after = at.right_channels - column - columns;
    if (!at.is_far) {
      // Nothing to fetch.
    } else if (after > 0) {
      ahead[0] = {right.From(column + columns), OuterProductColumns(after, kLanes)};
    } else if (pixels_after > 0) {
      ahead[0] = {right.After(pixels_after), OuterProductColumns(at.right_channels, kLanes)};
      ahead[1] = {left.After(pixels_after), channels};
    }
    AddColumns(packed, left.pairs(), channels, columns, ahead,
               at.sums + first * at.sums_stride + column, at.sums_stride);
  }
}

}  // namespace

void AddOuterProductsPairs(const OuterProducts<BFloat16>& products) {
  Packed packed;
  for (int pixel = 0; pixel < products.pixels; pixel += kPairOuterPixels) {
    const int pixels = std::min(kPairOuterPixels, products.pixels - pixel);
    for (int first = 0; first < products.left_channels; first += kPackedChannels) {
      AddBlock(products, pixel, pixels, first,
               std::min(kPackedChannels, products.left_channels - first), packed);
    }
  }
}

AVOCET_END_AVX512

#else

void AddOuterProductsPairs(const OuterProducts<BFloat16>&) { AVOCET_CHECK(false); }

#endif  // defined(__x86_64__)

void AddOuterProducts(const OuterProducts<BFloat16>& products) {
  if (HasAmxKernels()) return AddOuterProductsAmx(products);
  AddOuterProductsPairs(products);
}

}  // namespace avocet
