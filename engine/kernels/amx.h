// Products of tile registers (AMX), for the sources of this folder alone, as vector.h.
#ifndef AVOCET_ENGINE_KERNELS_AMX_H_
#define AVOCET_ENGINE_KERNELS_AMX_H_

#if defined(__x86_64__)

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#define AVOCET_BEGIN_AMX \
  _Pragma("GCC push_options") _Pragma("GCC target(\"amx-tile,amx-bf16,amx-int8\")")
#define AVOCET_END_AMX _Pragma("GCC pop_options")

AVOCET_BEGIN_AMX

namespace avocet {
namespace {

// What a register holds: rows of 64 bytes (Intel's architecture manual, volume 1, chapter 18).
constexpr int kTileRows = 16;
constexpr int kTileRowBytes = 64;
constexpr int kTileColumns = 16;  // of sums

// Registers 0 and 1 are sums of [kTileRows, kTileColumns], 4 and 5 rows of pixels, 6 is weights.
// This is the operand of LDTILECFG.
struct alignas(64) TileConfig {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t row_bytes[16] = {};
  std::uint8_t rows[16] = {};
};
static_assert(sizeof(TileConfig) == 64);

// For `first` and `second` pixels, of which the second may be 0, whose channels are multiplied in
// parts of `part_bytes`.
inline void ConfigureTiles(int first, int second, int part_bytes) {
  TileConfig config;
  const auto set = [&config](int tile, int rows, int row_bytes) {
    config.rows[tile] = static_cast<std::uint8_t>(rows);
    config.row_bytes[tile] = static_cast<std::uint16_t>(rows > 0 ? row_bytes : 0);
  };
  set(0, first, kTileRowBytes);
  set(1, second, kTileRowBytes);
  set(4, first, part_bytes);
  set(5, second, part_bytes);
  set(6, part_bytes / 4, kTileRowBytes);
  // The intrinsics do not tell the compiler which memory they read.
  asm volatile("" ::: "memory");
  _tile_loadconfig(&config);
}

// The kinds of numbers that are multiplied; weights of integers are signed.
enum class TileNumbers { kBFloat16, kUnsigned8, kSigned8 };

// The operands are numbers of registers and have to be literals.
#define AVOCET_TILE_PRODUCT(numbers, sum, pixels, weights)   \
  if constexpr (numbers == TileNumbers::kBFloat16) {         \
    _tile_dpbf16ps(sum, pixels, weights);                    \
  } else if constexpr (numbers == TileNumbers::kUnsigned8) { \
    _tile_dpbusd(sum, pixels, weights);                      \
  } else {                                                   \
    _tile_dpbssd(sum, pixels, weights);                      \
  }

// Pixels and weights of one product, and where its sums go.
struct TileOperands {
  const std::uint8_t* src;  // pixels, src_stride bytes from one to the next
  std::size_t src_stride;
  const std::uint8_t* weights[2];  // of 16 output channels each: rows of four bytes a channel,
  std::size_t weights_stride;      // that many bytes from one to the next
  int parts;
  std::size_t part_bytes;
  void* sums;  // [pixels, 2 * kTileColumns] of 4 bytes
};

// The sums of one or two registers of pixels, and of one or two of weights, one of these after the
// other, and so in few registers. Those that were written since the last release are kept apart for
// the core's two threads: while the other one is busy, a product with its loads takes 15 ns on a
// Xeon (family 6 model 207) where four are in use, 17 or 18 with five or six, 22 with seven and 30
// with all. Loading pixels twice costs less, and where the other thread is idle as much (8 ns).
template <TileNumbers numbers, bool kTwoRows, bool kTwoColumns>
inline void MultiplyTiles(const TileOperands& operands) {
  constexpr int kSumBytes = 4;
  constexpr std::size_t kSumStride = 2 * kTileColumns * kSumBytes;
  constexpr std::size_t kColumn = kTileColumns * kSumBytes;
  const std::size_t step = operands.part_bytes / 4 * operands.weights_stride;
#pragma GCC unroll 2
  for (int column = 0; column < (kTwoColumns ? 2 : 1); ++column) {
    _tile_zero(0);
    if constexpr (kTwoRows) _tile_zero(1);
    const std::uint8_t* src = operands.src;
    const std::uint8_t* weights = operands.weights[column];
    for (int part = 0; part < operands.parts; ++part) {
      _tile_loadd(6, weights, operands.weights_stride);
      _tile_loadd(4, src, operands.src_stride);
      AVOCET_TILE_PRODUCT(numbers, 0, 4, 6);
      if constexpr (kTwoRows) {
        _tile_loadd(5, src + kTileRows * operands.src_stride, operands.src_stride);
        AVOCET_TILE_PRODUCT(numbers, 1, 5, 6);
      }
      src += operands.part_bytes;
      weights += step;
    }
    auto* const sums = static_cast<std::uint8_t*>(operands.sums) + column * kColumn;
    _tile_stored(0, sums, kSumStride);
    if constexpr (kTwoRows) _tile_stored(1, sums + kTileRows * kSumStride, kSumStride);
  }
}

}  // namespace
}  // namespace avocet

AVOCET_END_AMX

#endif  // defined(__x86_64__)

#endif  // AVOCET_ENGINE_KERNELS_AMX_H_
