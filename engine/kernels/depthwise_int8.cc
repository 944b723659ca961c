#include "engine/kernels/depthwise_int8.h"

#include <algorithm>
#include <cstddef>

#include "engine/base/check.h"
#include "engine/kernels/depthwise.h"
#include "engine/kernels/vector.h"

namespace avocet {
namespace {

constexpr int kTile = kDepthwiseInt8Tile;
constexpr int kVectors = 4;  // of 16 sums, in a tile
constexpr int kRows = 4;     // of the source, whose taps are multiplied at once

constexpr int Quads(int kernel) { return (kernel + kRows - 1) / kRows; }
constexpr std::size_t TileBytes(int kernel) {
  return static_cast<std::size_t>(kernel * Quads(kernel) * kTile * kRows);
}

// Where the channel `c` of a tile is among its 64 sums: interleaving bytes works within 16 of them.
constexpr int Place(int c) { return c % 16 / 4 * 16 + c / 16 * 4 + c % 4; }

}  // namespace

DepthwiseInt8Parameters PackDepthwiseInt8(std::span<const std::int8_t> weights,
                                          std::span<const float> scales,
                                          std::span<const float> bias, int kernel, bool is_signed) {
  const auto tiles = (scales.size() + kTile - 1) / kTile;
  DepthwiseInt8Parameters packed = {std::vector<std::int8_t>(tiles * TileBytes(kernel)),
                                    std::vector<float>(tiles * kTile),
                                    std::vector<float>(tiles * kTile)};
  const auto taps = static_cast<std::size_t>(kernel * kernel);
  for (std::size_t c = 0; c < scales.size(); ++c) {
    const auto place = static_cast<std::size_t>(Place(static_cast<int>(c % kTile)));
    int sum = 0;
    for (int ky = 0; ky < kernel; ++ky) {
      for (int kx = 0; kx < kernel; ++kx) {
        const std::int8_t weight = weights[c * taps + static_cast<std::size_t>(ky * kernel + kx)];
        const auto block = static_cast<std::size_t>((kx * Quads(kernel) + ky / kRows) * kTile);
        packed.weights[c / kTile * TileBytes(kernel) + (block + place) * kRows +
                       static_cast<std::size_t>(ky % kRows)] = weight;
        sum += weight;
      }
    }
    const float shift = is_signed ? 128.0f * static_cast<float>(sum) * scales[c] : 0.0f;
    packed.multiplier[c / kTile * kTile + place] = scales[c];
    packed.offset[c / kTile * kTile + place] = (bias.empty() ? 0.0f : bias[c]) - shift;
  }
  return packed;
}

#if defined(__x86_64__)

AVOCET_BEGIN_AVX512

namespace {

constexpr int kPixels = 4;  // results in registers, with kVectors each

// Reads as pixels beside the image.
alignas(64) constexpr std::uint8_t kOutside[kTile] = {};

// The rows of the source under the filter, from column 0 and the first channel of the tile on.
template <int K>
struct Window {
  const std::uint8_t* rows[K];  // null: outside
  int x;                        // column under the filter's first, for the first result
  int width;
  std::ptrdiff_t stride;  // from column to column
  __mmask64 lanes;        // channels that exist
  __m512i flip;           // makes signed numbers unsigned
};

// The numbers of rows 4 q to 4 q + 3 at one column, those of a channel side by side.
template <int K, bool inside>
inline void LoadColumn(const Window<K>& window, int column, int q, __m512i (&taps)[kVectors]) {
  __m512i row[kRows];
#pragma GCC unroll 4
  for (int i = 0; i < kRows; ++i) {
    const int ky = q * kRows + i;
    if (ky >= K) {
      row[i] = _mm512_setzero_si512();
      continue;
    }
    const std::uint8_t* from = window.rows[ky] + column * window.stride;
    if constexpr (!inside) {
      if (window.rows[ky] == nullptr || column < 0 || column >= window.width) from = kOutside;
    }
    row[i] = _mm512_xor_si512(_mm512_maskz_loadu_epi8(window.lanes, from), window.flip);
  }
  const __m512i low = _mm512_unpacklo_epi8(row[0], row[1]);
  const __m512i high = _mm512_unpackhi_epi8(row[0], row[1]);
  const __m512i low2 = _mm512_unpacklo_epi8(row[2], row[3]);
  const __m512i high2 = _mm512_unpackhi_epi8(row[2], row[3]);
  taps[0] = _mm512_unpacklo_epi16(low, low2);
  taps[1] = _mm512_unpackhi_epi16(low, low2);
  taps[2] = _mm512_unpacklo_epi16(high, high2);
  taps[3] = _mm512_unpackhi_epi16(high, high2);
}

// Adds to the sums of consecutive results what the numbers of LoadColumn contribute; `column`
// counts from the first under the first result's filter.
template <int K, int S, bool inside, int q>
inline void AddColumn(const Window<K>& window, int column, const std::int8_t* weights,
                      __m512i (&sum)[kPixels][kVectors]) {
  __m512i taps[kVectors];
  LoadColumn<K, inside>(window, window.x + column, q, taps);
#pragma GCC unroll 4
  for (int p = 0; p < kPixels; ++p) {
    const int kx = column - p * S;
    if (kx < 0 || kx >= K) continue;
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      const std::int8_t* weight = weights + ((kx * Quads(K) + q) * kVectors + v) * 64;
      sum[p][v] = _mm512_dpbusd_epi32(sum[p][v], taps[v], _mm512_loadu_si512(weight));
    }
  }
}

// sums [kPixels, kTile] of consecutive results.
template <int K, int S, bool inside>
void Sum(const Window<K>& window, const std::int8_t* weights, std::int32_t* sums) {
  __m512i sum[kPixels][kVectors];
#pragma GCC unroll 4
  for (int p = 0; p < kPixels; ++p) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) sum[p][v] = _mm512_setzero_si512();
  }
#pragma GCC unroll 20
  for (int column = 0; column < (kPixels - 1) * S + K; ++column) {
    AddColumn<K, S, inside, 0>(window, column, weights, sum);
    if constexpr (Quads(K) > 1) AddColumn<K, S, inside, 1>(window, column, weights, sum);
  }
#pragma GCC unroll 4
  for (int p = 0; p < kPixels; ++p) {
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      _mm512_store_si512(sums + (p * kVectors + v) * kLanes, sum[p][v]);
    }
  }
}

// totals [kTile] += the vectors, in the order of channels.
void AddTotals(const __m512 (&total)[kVectors], int channels, float* totals) {
  // The plain intrinsic looks uninitialised to GCC 12.
  constexpr __mmask16 kAll = 0xffff;
  const __m512 a = _mm512_maskz_shuffle_f32x4(kAll, total[0], total[1], 0x44);
  const __m512 b = _mm512_maskz_shuffle_f32x4(kAll, total[2], total[3], 0x44);
  const __m512 c = _mm512_maskz_shuffle_f32x4(kAll, total[0], total[1], 0xee);
  const __m512 d = _mm512_maskz_shuffle_f32x4(kAll, total[2], total[3], 0xee);
  const __m512 ordered[kVectors] = {
      _mm512_maskz_shuffle_f32x4(kAll, a, b, 0x88), _mm512_maskz_shuffle_f32x4(kAll, a, b, 0xdd),
      _mm512_maskz_shuffle_f32x4(kAll, c, d, 0x88), _mm512_maskz_shuffle_f32x4(kAll, c, d, 0xdd)};
  for (int v = 0; v < kVectors && v * kLanes < channels; ++v) {
    const __mmask16 lanes = FirstLanes(channels - v * kLanes);
    float* to = totals + v * kLanes;
    Store(to, _mm512_add_ps(Load(to, lanes), ordered[v]), lanes);
  }
}

// Stores `count` results of a tile from `channel` on at `dst`; adds them to `totals` if there are
// any.
template <VectorActivation activation>
void Finish(const DepthwiseInt8& conv, const std::int32_t* sums, int count, int channel,
            std::uint8_t* dst, float* totals) {
  const __m512 inverse = _mm512_set1_ps(1.0f / conv.dst_scale);
  const int channels = std::min(kTile, conv.channels - channel);
  const __mmask64 lanes = channels == kTile ? ~__mmask64{0} : (__mmask64{1} << channels) - 1;
  __m512 multiplier[kVectors];
  __m512 offset[kVectors];
  __m512 total[kVectors];
#pragma GCC unroll 4
  for (int v = 0; v < kVectors; ++v) {
    multiplier[v] = Load(conv.multiplier + channel + v * kLanes);
    offset[v] = Load(conv.offset + channel + v * kLanes);
    total[v] = _mm512_setzero_ps();
  }
  for (int p = 0; p < count; ++p, sums += kTile, dst += conv.channels) {
    __m512i integer[kVectors];
#pragma GCC unroll 4
    for (int v = 0; v < kVectors; ++v) {
      const __m512 sum = _mm512_cvtepi32_ps(_mm512_load_si512(sums + v * kLanes));
      // What rounds to 8 bits needs no more than what rounds to bfloat16.
      const __m512 value =
          Activate<activation, BFloat16>(_mm512_fmadd_ps(sum, multiplier[v], offset[v]));
      total[v] = _mm512_add_ps(total[v], value);
      integer[v] = _mm512_cvtps_epi32(_mm512_mul_ps(value, inverse));
    }
    const __m512i low = _mm512_packs_epi32(integer[0], integer[1]);
    const __m512i high = _mm512_packs_epi32(integer[2], integer[3]);
    const __m512i bytes =
        conv.is_signed ? _mm512_packs_epi16(low, high) : _mm512_packus_epi16(low, high);
    _mm512_mask_storeu_epi8(dst, lanes, bytes);
  }
  if (totals != nullptr) AddTotals(total, channels, totals + channel);
}

// All channels of a group of pixels before the next group: memory is read in its order.
template <int K, int S, VectorActivation activation>
void RunRow(const DepthwiseInt8& conv, int y, float* totals) {
  alignas(64) std::int32_t sums[kPixels * kTile];
  const std::uint8_t* rows[K];
  bool has_rows = true;
  for (int ky = 0; ky < K; ++ky) {
    const int row = y * S - conv.pad_top + ky;
    rows[ky] = row < 0 || row >= conv.height
                   ? nullptr
                   : conv.src + static_cast<std::ptrdiff_t>(row) * conv.width * conv.channels;
    has_rows &= rows[ky] != nullptr;
  }
  Window<K> window = {.rows = {},
                      .x = 0,
                      .width = conv.width,
                      .stride = conv.channels,
                      .lanes = 0,
                      .flip = _mm512_set1_epi8(conv.is_signed ? static_cast<char>(0x80) : 0)};
  for (int column = 0; column < conv.out_width; column += kPixels) {
    window.x = column * S - conv.pad_left;
    const bool inside = has_rows && window.x >= 0 && window.x + (kPixels - 1) * S + K <= conv.width;
    std::uint8_t* const dst =
        conv.dst + (static_cast<std::ptrdiff_t>(y) * conv.out_width + column) * conv.channels;
    const std::int8_t* weights = conv.weights;
    for (int channel = 0; channel < conv.channels; channel += kTile, weights += TileBytes(K)) {
      const int left = conv.channels - channel;
      window.lanes = left >= kTile ? ~__mmask64{0} : (__mmask64{1} << left) - 1;
      for (int ky = 0; ky < K; ++ky) {
        window.rows[ky] = rows[ky] == nullptr ? nullptr : rows[ky] + channel;
      }
      if (inside) {
        Sum<K, S, true>(window, weights, sums);
      } else {
        Sum<K, S, false>(window, weights, sums);
      }
      Finish<activation>(conv, sums, std::min(kPixels, conv.out_width - column), channel,
                         dst + channel, totals);
    }
  }
}

template <int K, int S>
void Run(const DepthwiseInt8& conv, int begin, int end, float* totals) {
  WithActivation(conv.activation, [&](auto activation) {
    for (int y = begin; y < end; ++y) RunRow<K, S, decltype(activation)::value>(conv, y, totals);
  });
}

}  // namespace

void RunDepthwiseInt8(const DepthwiseInt8& conv, int kernel, int stride, int begin, int end,
                      float* sums) {
  AVOCET_CHECK(HasDepthwiseKernel(kernel, stride));
  if (stride == 1) {
    if (kernel == 3) return Run<3, 1>(conv, begin, end, sums);
    if (kernel == 5) return Run<5, 1>(conv, begin, end, sums);
    return Run<7, 1>(conv, begin, end, sums);
  }
  if (kernel == 3) return Run<3, 2>(conv, begin, end, sums);
  if (kernel == 5) return Run<5, 2>(conv, begin, end, sums);
  return Run<7, 2>(conv, begin, end, sums);
}

AVOCET_END_AVX512

#else

void RunDepthwiseInt8(const DepthwiseInt8&, int, int, int, int, float*) { AVOCET_CHECK(false); }

#endif  // defined(__x86_64__)

}  // namespace avocet
