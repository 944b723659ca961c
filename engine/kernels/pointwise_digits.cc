#include "engine/kernels/pointwise_digits.h"

#include <algorithm>

#include "engine/base/check.h"
#include "engine/kernels/amx.h"
#include "engine/kernels/digits.h"
#include "engine/kernels/vector.h"

namespace avocet {

#if defined(__x86_64__)

AVOCET_BEGIN_AVX512
AVOCET_BEGIN_AMX

namespace {

constexpr int kGroup = 2 * kTileRows;  // pixels
// Of output channels, computed for some input channels before the next of these.
constexpr int kBlockTiles = 32;
constexpr int kGroupPart = kDigits * 2 * kTileBytes;
constexpr int kTilePart = kDigits * kTileBytes;
constexpr int kScaleBytes = kTileColumns * static_cast<int>(sizeof(float));

constexpr int PartsOf(int from) { return (from + kPartNumbers - 1) / kPartNumbers; }
constexpr int TilesOf(int to) { return (to + kTileColumns - 1) / kTileColumns; }

// Input channels that share a scale, in parts. Weights are a slice after the other: [tile] of
// digits and [tile][kTileColumns] scales of the output channels.
struct Slice {
  int first;
  int count;
};

constexpr int SlicesOf(int parts) { return (parts + kMaxParts - 1) / kMaxParts; }

Slice SliceOf(int parts, int index) {
  const int slices = SlicesOf(parts);
  const int first = parts * index / slices;
  return {first, parts * (index + 1) / slices - first};
}

// From slice to slice.
std::size_t WeightsOffset(int first_part, int index, int tiles) {
  return static_cast<std::size_t>(tiles) * (static_cast<std::size_t>(first_part) * kTilePart +
                                            static_cast<std::size_t>(index) * kScaleBytes);
}

struct Scratch {
  alignas(64) std::uint8_t rows[kDigitBlockPixels / kGroup * kMaxParts * kGroupPart];
  alignas(64) std::int32_t sums[kDigits * kGroup * kTileColumns];
  float scales[kDigitBlockPixels];
};

// The numbers of one part of a row, of which `count` are there.
inline void LoadPart(const float* src, int count, __m512 (&value)[4]) {
#pragma GCC unroll 4
  for (int v = 0; v < 4; ++v) {
    value[v] = count >= kPartNumbers
                   ? Load(src + v * kLanes)
                   : Load(src + v * kLanes, FirstLanes(std::max(0, count - v * kLanes)));
  }
}

// Where the digits of a row go: so many bytes from one to the next.
struct RowPlaces {
  std::uint8_t* first;
  std::ptrdiff_t part;
  std::ptrdiff_t digit;
};

// `count` numbers, which fill `parts` parts with zeros behind them, as a row. Returns its scale.
float PackRow(const float* src, int count, int parts, const RowPlaces& places) {
  __m512i largest = _mm512_setzero_si512();
  for (int part = 0; part < parts; ++part) {
    __m512 value[4];
    LoadPart(src + part * kPartNumbers, count - part * kPartNumbers, value);
#pragma GCC unroll 4
    for (int v = 0; v < 4; ++v) largest = _mm512_max_epi32(largest, Magnitude(value[v]));
  }
  __m512 to_integer;
  __m512 to_number;
  ScaleOf(_mm512_set1_epi32(_mm512_reduce_max_epi32(largest)), &to_integer, &to_number);
  std::uint8_t* to = places.first;
  for (int part = 0; part < parts; ++part, to += places.part) {
    __m512 value[4];
    LoadPart(src + part * kPartNumbers, count - part * kPartNumbers, value);
    __m512i digits[4];
#pragma GCC unroll 4
    for (int v = 0; v < 4; ++v) digits[v] = DigitsOf(value[v], to_integer);
    __m512i place[kDigits];
    GatherDigits(digits, place);
#pragma GCC unroll 3
    for (int d = 0; d < kDigits; ++d) _mm512_store_si512(to + d * places.digit, place[d]);
  }
  return _mm512_cvtss_f32(to_number);
}

// A tile of a slice, whose output channels' weights are neighbours in memory: rows, turned.
void PackTileOfRows(const float* matrix, std::ptrdiff_t stride, int outputs, int count, int parts,
                    std::uint8_t* digits, float* scales) {
  alignas(64) std::uint8_t rows[kMaxParts * kTilePart] = {};
  for (int o = 0; o < kTileColumns; ++o) {
    scales[o] = o < outputs ? PackRow(matrix + o * stride, count, parts,
                                      {rows + o * kTileRowBytes, kTilePart, kTileBytes})
                            : 0.0f;
  }
  for (int i = 0; i < parts * kDigits; ++i) {
    __m512i words[kTileRows];
    for (int r = 0; r < kTileRows; ++r) {
      words[r] = _mm512_load_si512(rows + i * kTileBytes + r * kTileRowBytes);
    }
    Transpose(words, digits + i * kTileBytes);
  }
}

// The first of the four channels that are the word `word` of a row that GatherDigits has packed.
constexpr int ChannelOf(int word) { return (word % 4 * 4 + word / 4) * 4; }

// The same where an input channel's weights are neighbours.
void PackTileOfColumns(const float* matrix, std::ptrdiff_t stride, int outputs, int count,
                       int parts, std::uint8_t* digits, float* scales) {
  const __mmask16 lanes = FirstLanes(outputs);
  __m512 to_integer;
  __m512 to_number;
  ScaleOfColumns(matrix, stride, count, lanes, &to_integer, &to_number);
  _mm512_store_ps(scales, to_number);
  for (int part = 0; part < parts; ++part, digits += kTilePart) {
    for (int w = 0; w < kTileRows; ++w) {
      __m512i word[kDigits];
      WordsOf(matrix, stride, part * kPartNumbers + ChannelOf(w), count, lanes, to_integer, word);
#pragma GCC unroll 3
      for (int d = 0; d < kDigits; ++d) {
        _mm512_store_si512(digits + d * kTileBytes + w * kTileRowBytes, word[d]);
      }
    }
  }
}

// The tile `tile` of a slice.
void PackTile(const DigitWeights& weights, int tile, const Slice& slice, std::uint8_t* digits,
              float* scales) {
  const int first = slice.first * kPartNumbers;
  const int count = std::min(slice.count * kPartNumbers, weights.from - first);
  const int outputs = std::min(kTileColumns, weights.to - tile * kTileColumns);
  const float* const from =
      weights.matrix + tile * kTileColumns * weights.to_stride + first * weights.from_stride;
  if (weights.from_stride == 1) {
    PackTileOfRows(from, weights.to_stride, outputs, count, slice.count, digits, scales);
  } else {
    AVOCET_CHECK(weights.to_stride == 1);
    PackTileOfColumns(from, weights.from_stride, outputs, count, slice.count, digits, scales);
  }
}

// The results of `pixels` pixels of a group and of a tile, by the sums of a slice.
void Finish(const PointwiseDigits& conv, const std::int32_t* sums, const float* row_scales,
            const float* column_scales, int pixel, int pixels, int channel, bool is_first_slice) {
  const __mmask16 lanes = FirstLanes(conv.out_channels - channel);
  const __m512 scales = Load(column_scales);
  const __m512 bias = conv.bias == nullptr ? _mm512_setzero_ps() : Load(conv.bias + channel, lanes);
  float* dst = conv.dst + std::ptrdiff_t{pixel} * conv.out_channels + channel;
  for (int r = 0; r < pixels; ++r, dst += conv.out_channels) {
    const __m512 before = is_first_slice ? bias : Load(dst, lanes);
    Store(dst, AddNumbers(before, sums, r, row_scales[r], scales), lanes);
  }
}

// The pixels [begin, begin + pixels), of which there are at most kDigitBlockPixels.
void RunBlock(const PointwiseDigits& conv, int begin, int pixels, Scratch& scratch) {
  const int tiles = TilesOf(conv.out_channels);
  const int parts = PartsOf(conv.in_channels);
  for (int s = 0; s < SlicesOf(parts); ++s) {
    const Slice slice = SliceOf(parts, s);
    const int first = slice.first * kPartNumbers;
    const int count = std::min(slice.count * kPartNumbers, conv.in_channels - first);
    const std::size_t group_bytes = static_cast<std::size_t>(slice.count) * kGroupPart;
    const std::size_t tile_bytes = static_cast<std::size_t>(slice.count) * kTilePart;
    for (int p = 0; p < pixels; ++p) {
      scratch.scales[p] = PackRow(
          conv.src + std::ptrdiff_t{begin + p} * conv.in_channels + first, count, slice.count,
          {scratch.rows + p / kGroup * group_bytes + p % kGroup * kTileRowBytes, kGroupPart,
           2 * kTileBytes});
    }
    const std::uint8_t* const digits = conv.weights + WeightsOffset(slice.first, s, tiles);
    const auto* const scales =
        reinterpret_cast<const float*>(digits + static_cast<std::size_t>(tiles) * tile_bytes);
    for (int block = 0; block < tiles; block += kBlockTiles) {
      for (int p = 0; p < pixels; p += kGroup) {
        for (int tile = block; tile < std::min(tiles, block + kBlockTiles); ++tile) {
          MultiplyPlaces<TileNumbers::kSigned8, kDigits>(scratch.rows + p / kGroup * group_bytes,
                                                         digits + tile * tile_bytes, slice.count,
                                                         scratch.sums);
          Finish(conv, scratch.sums, scratch.scales + p, scales + tile * kTileColumns, begin + p,
                 std::min(kGroup, pixels - p), tile * kTileColumns, s == 0);
        }
      }
    }
  }
}

}  // namespace

void PackDigitWeights(const DigitWeights& weights, int begin, int end, std::uint8_t* packed) {
  const int tiles = TilesOf(weights.to);
  const int parts = PartsOf(weights.from);
  for (int s = 0; s < SlicesOf(parts); ++s) {
    const Slice slice = SliceOf(parts, s);
    std::uint8_t* const digits = packed + WeightsOffset(slice.first, s, tiles);
    const std::size_t tile_bytes = static_cast<std::size_t>(slice.count) * kTilePart;
    auto* const scales =
        reinterpret_cast<float*>(digits + static_cast<std::size_t>(tiles) * tile_bytes);
    for (int tile = begin; tile < end; ++tile) {
      PackTile(weights, tile, slice, digits + tile * tile_bytes, scales + tile * kTileColumns);
    }
  }
}

void RunPointwiseDigits(const PointwiseDigits& conv) {
  Scratch scratch;
  ConfigureTiles(kTileRows, kTileRows, kTileRowBytes);
  for (int begin = 0; begin < conv.pixels; begin += kDigitBlockPixels) {
    RunBlock(conv, begin, std::min(kDigitBlockPixels, conv.pixels - begin), scratch);
  }
  _tile_release();
}

std::size_t DigitWeightsBytes(int from, int to) {
  return WeightsOffset(PartsOf(from), SlicesOf(PartsOf(from)), TilesOf(to));
}

int DigitWeightsParts(int to) { return TilesOf(to); }

AVOCET_END_AMX
AVOCET_END_AVX512

#else

std::size_t DigitWeightsBytes(int, int) { return 0; }
int DigitWeightsParts(int) { return 0; }
void PackDigitWeights(const DigitWeights&, int, int, std::uint8_t*) { AVOCET_CHECK(false); }
void RunPointwiseDigits(const PointwiseDigits&) { AVOCET_CHECK(false); }

#endif  // defined(__x86_64__)

}  // namespace avocet
