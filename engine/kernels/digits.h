// Float32 numbers as three digits of eight bits, which AMX multiplies, for the sources of this
// folder alone, as vector.h.
//
// Numbers that are added up share a scale: the largest of them becomes 127 * 65793. A number is
// then an integer with digits d0, d1, d2 of base 256 in [-128, 127]. Of the nine products of two
// numbers' digits the six of the largest places are added up, exactly, in integers; the others are
// below 2^-22 of the product of the largest numbers, as rounding to digits is. (Ozaki et al.,
// "Error-free transformations of matrix multiplication", 2012; Ootomo et al., "DGEMM on integer
// matrix multiplication unit", 2024.)
#ifndef AVOCET_ENGINE_KERNELS_DIGITS_H_
#define AVOCET_ENGINE_KERNELS_DIGITS_H_

#if defined(__x86_64__)

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "engine/kernels/amx.h"
#include "engine/kernels/vector.h"

AVOCET_BEGIN_AVX512
AVOCET_BEGIN_AMX

namespace avocet {
namespace {

constexpr int kDigits = 3;
// Of a register's row: numbers that one instruction multiplies.
constexpr int kPartNumbers = kTileRowBytes;
constexpr int kTileBytes = kTileRows * kTileRowBytes;
// Parts that share a scale: with them the operands of a product fill two thirds of the nearest
// cache, and its sums are exact.
constexpr int kMaxParts = 4;

// Magnitudes, whose largest tells the scale; one that is no number wins.
inline __m512i Magnitude(__m512 value) {
  return _mm512_and_si512(_mm512_castps_si512(value), _mm512_set1_epi32(0x7fffffff));
}

// Lane by lane: what makes integers of numbers up to the magnitude `largest`, and numbers of them
// again, which is infinite or no number if that is. Numbers far below 2^-100 count as zeros.
inline void ScaleOf(__m512i largest, __m512* to_integer, __m512* to_number) {
  // The largest that has digits, less what rounding of the factor and of the product may add.
  const __m512 limit = _mm512_set1_ps(127 * 65793.0f - 2);
  const __m512i least = _mm512_set1_epi32(0x0d800000);  // 2^-100
  const __m512 magnitude = _mm512_castsi512_ps(_mm512_max_epi32(largest, least));
  *to_integer = _mm512_div_ps(limit, magnitude);
  *to_number = _mm512_div_ps(magnitude, limit);
}

// The same of the columns of a matrix of `rows` rows.
inline void ScaleOfColumns(const float* matrix, std::ptrdiff_t stride, int rows, __mmask16 lanes,
                           __m512* to_integer, __m512* to_number) {
  __m512i largest = _mm512_setzero_si512();
  for (int i = 0; i < rows; ++i) {
    largest = _mm512_max_epi32(largest, Magnitude(Load(matrix + i * stride, lanes)));
  }
  ScaleOf(largest, to_integer, to_number);
}

// Digits of integers, in the bytes of each, the lowest first: with 128 added to each place bytes
// have no sign and carry as digits do.
inline __m512i DigitsOf(__m512 value, __m512 to_integer) {
  const __m512i half = _mm512_set1_epi32(0x808080);
  const __m512i integer = _mm512_cvtps_epi32(_mm512_mul_ps(value, to_integer));
  return _mm512_xor_si512(_mm512_add_epi32(integer, half), half);
}

// The digits of 64 numbers, place by place from the highest, in groups of four neighbours of one
// vector.
inline void GatherDigits(const __m512i (&digits)[4], __m512i (&place)[kDigits]) {
  const __m512i by_place =
      _mm512_broadcast_i32x4(_mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
  __m512i v[4];
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) v[i] = _mm512_shuffle_epi8(digits[i], by_place);
  const __m512i low = _mm512_unpacklo_epi32(v[0], v[1]);
  const __m512i later_low = _mm512_unpacklo_epi32(v[2], v[3]);
  const __m512i high = _mm512_unpackhi_epi32(v[0], v[1]);
  const __m512i later_high = _mm512_unpackhi_epi32(v[2], v[3]);
  place[0] = _mm512_unpacklo_epi64(high, later_high);
  place[1] = _mm512_unpackhi_epi64(low, later_low);
  place[2] = _mm512_unpacklo_epi64(low, later_low);
}

// The first bytes of words of `a`, the second of `b`, and so on.
inline __m512i MixBytes(__m512i a, __m512i b, __m512i c, __m512i d) {
  constexpr __mmask64 kSecond = 0x2222222222222222;
  constexpr __mmask64 kFourth = 0x8888888888888888;
  constexpr __mmask32 kUpper = 0xaaaaaaaa;
  const __m512i low = _mm512_mask_mov_epi8(a, kSecond, b);
  const __m512i high = _mm512_mask_mov_epi8(c, kFourth, d);
  return _mm512_mask_mov_epi16(low, kUpper, high);
}

// Of the rows [first, first + 4) of a matrix, of which `rows` are there, the digits in words, place
// by place from the highest: a row a byte, a column a lane.
inline void WordsOf(const float* matrix, std::ptrdiff_t stride, int first, int rows,
                    __mmask16 lanes, __m512 to_integer, __m512i (&place)[kDigits]) {
  __m512i v[4];
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    const __m512 value =
        first + i < rows ? Load(matrix + (first + i) * stride, lanes) : _mm512_setzero_ps();
    v[i] = DigitsOf(value, to_integer);
  }
  place[2] = MixBytes(v[0], _mm512_slli_epi32(v[1], 8), _mm512_slli_epi32(v[2], 16),
                      _mm512_slli_epi32(v[3], 24));
  place[1] = MixBytes(_mm512_srli_epi32(v[0], 8), v[1], _mm512_slli_epi32(v[2], 8),
                      _mm512_slli_epi32(v[3], 16));
  place[0] = MixBytes(_mm512_srli_epi32(v[0], 16), _mm512_srli_epi32(v[1], 8), v[2],
                      _mm512_slli_epi32(v[3], 8));
}

// 16 vectors of words to the rows of a register, which has them as columns.
inline void Transpose(const __m512i (&from)[kTileRows], std::uint8_t* to) {
  __m512i a[16];
  __m512i b[16];
#pragma GCC unroll 8
  for (int i = 0; i < 16; i += 2) {
    a[i] = _mm512_unpacklo_epi32(from[i], from[i + 1]);
    a[i + 1] = _mm512_unpackhi_epi32(from[i], from[i + 1]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 16; i += 4) {
    b[i] = _mm512_unpacklo_epi64(a[i], a[i + 2]);
    b[i + 1] = _mm512_unpackhi_epi64(a[i], a[i + 2]);
    b[i + 2] = _mm512_unpacklo_epi64(a[i + 1], a[i + 3]);
    b[i + 3] = _mm512_unpackhi_epi64(a[i + 1], a[i + 3]);
  }
  // Lane l of b[4 g + c] is the column 4 l + c of the rows [4 g, 4 g + 4).
#pragma GCC unroll 4
  for (int c = 0; c < 4; ++c) {
    const __m512i even = _mm512_shuffle_i32x4(b[c], b[4 + c], 0x88);
    const __m512i odd = _mm512_shuffle_i32x4(b[c], b[4 + c], 0xdd);
    const __m512i later_even = _mm512_shuffle_i32x4(b[8 + c], b[12 + c], 0x88);
    const __m512i later_odd = _mm512_shuffle_i32x4(b[8 + c], b[12 + c], 0xdd);
    _mm512_store_si512(to + c * kTileRowBytes, _mm512_shuffle_i32x4(even, later_even, 0x88));
    _mm512_store_si512(to + (4 + c) * kTileRowBytes, _mm512_shuffle_i32x4(odd, later_odd, 0x88));
    _mm512_store_si512(to + (8 + c) * kTileRowBytes, _mm512_shuffle_i32x4(even, later_even, 0xdd));
    _mm512_store_si512(to + (12 + c) * kTileRowBytes, _mm512_shuffle_i32x4(odd, later_odd, 0xdd));
  }
}

// The sums of kPlaces places. Rows of a product are [part][kPlaces digits][2 registers], columns
// [part][kPlaces digits] registers, sums [kPlaces][2 * kTileRows][kTileColumns].
//
// One place after the other, and each by all parts, in four registers: why, MultiplyTiles says. All
// places at once take a third fewer loads and eight registers: 0.75 times the speed where the other
// thread is busy, 1.02 where it is not.
template <TileNumbers numbers, int kPlaces>
inline void MultiplyPlaces(const std::uint8_t* rows, const std::uint8_t* columns, int parts,
                           std::int32_t* sums) {
  constexpr int kRowsPart = kPlaces * 2 * kTileBytes;
  constexpr int kColumnsPart = kPlaces * kTileBytes;
  // The intrinsics do not tell the compiler which memory they read.
  asm volatile("" ::: "memory");
#pragma GCC unroll 3
  for (int place = 0; place < kPlaces; ++place) {
    _tile_zero(0);
    _tile_zero(1);
    for (int part = 0; part < parts; ++part) {
#pragma GCC unroll 3
      for (int digit = 0; digit <= place; ++digit) {
        const std::uint8_t* row = rows + part * kRowsPart + digit * 2 * kTileBytes;
        const std::uint8_t* column = columns + part * kColumnsPart + (place - digit) * kTileBytes;
        _tile_loadd(6, column, kTileRowBytes);
        _tile_loadd(4, row, kTileRowBytes);
        AVOCET_TILE_PRODUCT(numbers, 0, 4, 6);
        _tile_loadd(4, row + kTileBytes, kTileRowBytes);
        AVOCET_TILE_PRODUCT(numbers, 1, 4, 6);
      }
    }
    std::int32_t* to = sums + place * 2 * kTileRows * kTileColumns;
    _tile_stored(0, to, kTileRowBytes);
    _tile_stored(1, to + kTileRows * kTileColumns, kTileRowBytes);
  }
}

// `before` plus a row of these sums as numbers, by the scales of the row and of the columns.
inline __m512 AddNumbers(__m512 before, const std::int32_t* sums, int row, float row_scale,
                         __m512 column_scales) {
  constexpr int kPlace = 2 * kTileRows * kTileColumns;
  const std::int32_t* from = sums + row * kTileColumns;
  const auto at = [from](int place) {
    return _mm512_cvtepi32_ps(_mm512_load_si512(from + place * kPlace));
  };
  const __m512 base = _mm512_set1_ps(256.0f);
  const __m512 sum = _mm512_fmadd_ps(_mm512_fmadd_ps(at(0), base, at(1)), base, at(2));
  // The digits' products are of the places 2 and higher.
  const __m512 scales = _mm512_mul_ps(column_scales, _mm512_set1_ps(65536.0f * row_scale));
  return _mm512_fmadd_ps(sum, scales, before);
}

}  // namespace
}  // namespace avocet

AVOCET_END_AMX
AVOCET_END_AVX512

#endif  // defined(__x86_64__)

#endif  // AVOCET_ENGINE_KERNELS_DIGITS_H_
