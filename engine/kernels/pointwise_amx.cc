#include "engine/kernels/pointwise_amx.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "engine/base/check.h"
#include "engine/kernels/amx.h"
#include "engine/kernels/cpu.h"
#include "engine/kernels/pointwise_int8_parts.h"
#include "engine/kernels/pointwise_parts.h"
#include "engine/kernels/vector.h"

namespace avocet {
namespace {

constexpr int kRowBytes = 64;  // of a tile register

// The parts into which a pixel's channels are divided, all of the same size: what is left over
// would want registers of another shape. In whole groups of the 4 bytes that are multiplied at
// once; 0 if they would be small.
int PartBytes(int pixel_bytes) {
  if (pixel_bytes % 4 != 0) return 0;
  if (pixel_bytes <= kRowBytes) return pixel_bytes;
  for (int bytes = kRowBytes; bytes >= kRowBytes / 2; bytes -= 4) {
    if (pixel_bytes % bytes == 0) return bytes;
  }
  return 0;
}

}  // namespace

bool TakesAmx(int pixel_bytes) { return HasAmxKernels() && PartBytes(pixel_bytes) > 0; }

#if defined(__x86_64__)

AVOCET_BEGIN_AVX512
AVOCET_BEGIN_AMX

namespace {

static_assert(kRowBytes == kTileRowBytes);
constexpr int kSumStride = 2 * kTileColumns;
constexpr int kTileVectors = kPointwiseTile / kTileColumns;
// Bytes of a row of weights: four for each channel of a tile of weights.
constexpr std::size_t kWeightsStride = 4 * kPointwiseTile;

// The vectors of output channels [first, last), by weights as RunPointwise wants them.
struct Vectors {
  const std::uint8_t* weights;
  std::size_t pixel_bytes;
  int first;
  int last;

  const std::uint8_t* of(int vector) const {
    return weights +
           static_cast<std::size_t>(vector / kTileVectors) * pixel_bytes * kPointwiseTile +
           static_cast<std::size_t>(vector % kTileVectors) * kTileRowBytes;
  }
};

// Multiplies `groups` groups of `first` + `second` pixels, from pixel `row` of `src` on, and calls
// finish(sums, row, pixels, vector, vectors) for each result.
template <TileNumbers numbers, bool kTwoRows, typename Finish>
void MultiplyGroups(const Vectors& vectors, const std::uint8_t* src, int row, int first, int second,
                    int groups, const Finish& finish) {
  alignas(64) std::int32_t sums[2 * kTileRows * kSumStride];
  const int part_bytes = PartBytes(static_cast<int>(vectors.pixel_bytes));
  TileOperands operands = {.src = nullptr,
                           .src_stride = vectors.pixel_bytes,
                           .weights = {},
                           .weights_stride = kWeightsStride,
                           .parts = static_cast<int>(vectors.pixel_bytes) / part_bytes,
                           .part_bytes = static_cast<std::size_t>(part_bytes),
                           .sums = sums};
  ConfigureTiles(first, second, part_bytes);
  for (int vector = vectors.first; vector < vectors.last; vector += 2) {
    const bool has_two = vector + 1 < vectors.last;
    operands.weights[0] = vectors.of(vector);
    if (has_two) operands.weights[1] = vectors.of(vector + 1);
    for (int group = 0; group < groups; ++group) {
      const int pixel = row + group * (first + second);
      operands.src = src + static_cast<std::size_t>(pixel) * vectors.pixel_bytes;
      if (has_two) {
        MultiplyTiles<numbers, kTwoRows, true>(operands);
      } else {
        MultiplyTiles<numbers, kTwoRows, false>(operands);
      }
      finish(sums, pixel, first + second, vector, has_two ? 2 : 1);
    }
  }
}

// The same for `pixels` pixels.
template <TileNumbers numbers, typename Finish>
void MultiplyBlock(const Vectors& vectors, const std::uint8_t* src, int pixels,
                   const Finish& finish) {
  constexpr int kGroup = 2 * kTileRows;
  const int groups = pixels / kGroup;
  if (groups > 0) {
    MultiplyGroups<numbers, true>(vectors, src, 0, kTileRows, kTileRows, groups, finish);
  }
  const int done = groups * kGroup;
  const int left = pixels - done;
  if (left > kTileRows) {
    MultiplyGroups<numbers, true>(vectors, src, done, kTileRows, left - kTileRows, 1, finish);
  } else if (left > 0) {
    MultiplyGroups<numbers, false>(vectors, src, done, left, 0, 1, finish);
  }
}

Vectors VectorsOf(const void* weights, std::size_t pixel_bytes, int out_channels, int first_tile,
                  int last_tile) {
  return {
      .weights = static_cast<const std::uint8_t*>(weights),
      .pixel_bytes = pixel_bytes,
      .first = first_tile * kTileVectors,
      .last = std::min(last_tile * kTileVectors, (out_channels + kTileColumns - 1) / kTileColumns)};
}

template <VectorActivation activation>
void Run(const Pointwise<BFloat16>& conv, int begin, int end, const Vectors& vectors,
         BFloat16* scratch) {
  const int block = PointwiseBlock(vectors.pixel_bytes);
  for (int start = begin; start < end; start += block) {
    const int pixels = std::min(block, end - start);
    const BFloat16* src =
        conv.src + static_cast<std::size_t>(start) * static_cast<std::size_t>(conv.in_channels);
    if (conv.gate != nullptr) {
      ApplyGate(src, conv.gate, pixels, conv.in_channels, scratch);
      src = scratch;
    }
    MultiplyBlock<TileNumbers::kBFloat16>(
        vectors, reinterpret_cast<const std::uint8_t*>(src), pixels,
        [&](const std::int32_t* sums, int row, int rows, int vector, int count) {
          const auto* values = reinterpret_cast<const float*>(sums);
          const auto first = static_cast<std::size_t>(start + row);
          const int channel = vector * kTileColumns;
          if (count == 2) {
            Finish<2, activation, kSumStride>(conv, values, first, rows, channel);
          } else {
            Finish<1, activation, kSumStride>(conv, values, first, rows, channel);
          }
        });
  }
}

template <VectorActivation activation, typename Dst, TileNumbers numbers>
void Run(const PointwiseInt8& conv, int begin, int end, const Vectors& vectors,
         std::uint8_t* scratch) {
  const int block = PointwiseBlock(vectors.pixel_bytes);
  for (int start = begin; start < end; start += block) {
    const int pixels = std::min(block, end - start);
    MultiplyBlock<numbers>(vectors, Prepare<std::int8_t>(conv, start, pixels, scratch), pixels,
                           [&](const std::int32_t* sums, int row, int rows, int vector, int count) {
                             const auto first = static_cast<std::size_t>(start + row);
                             const int channel = vector * kTileColumns;
                             Finish<activation, kSumStride, Dst>(conv, sums, first, rows, channel,
                                                                 count * kTileColumns);
                           });
  }
}

template <VectorActivation activation, typename Dst>
void Run(const PointwiseInt8& conv, int begin, int end, const Vectors& vectors,
         std::uint8_t* scratch) {
  if (conv.gate != nullptr || conv.src_storage == Storage::kSigned8) {
    Run<activation, Dst, TileNumbers::kSigned8>(conv, begin, end, vectors, scratch);
  } else {
    Run<activation, Dst, TileNumbers::kUnsigned8>(conv, begin, end, vectors, scratch);
  }
}

}  // namespace

void RunPointwiseAmx(const Pointwise<BFloat16>& conv, int begin, int end, int first_tile,
                     int last_tile, void* scratch) {
  const std::size_t pixel_bytes = static_cast<std::size_t>(conv.in_channels) * sizeof(BFloat16);
  const Vectors vectors =
      VectorsOf(conv.weights, pixel_bytes, conv.out_channels, first_tile, last_tile);
  WithActivation(conv.activation, [&](auto activation) {
    Run<decltype(activation)::value>(conv, begin, end, vectors, static_cast<BFloat16*>(scratch));
  });
  _tile_release();
}

void RunPointwiseInt8Amx(const PointwiseInt8& conv, int begin, int end, int first_tile,
                         int last_tile, void* scratch) {
  const Vectors vectors = VectorsOf(conv.weights, static_cast<std::size_t>(conv.in_channels),
                                    conv.out_channels, first_tile, last_tile);
  auto* const bytes = static_cast<std::uint8_t*>(scratch);
  WithActivation(conv.activation, [&](auto activation) {
    constexpr VectorActivation kActivation = decltype(activation)::value;
    switch (conv.dst_storage) {
      case Storage::kFloat32:
        return Run<kActivation, float>(conv, begin, end, vectors, bytes);
      case Storage::kUnsigned8:
        return Run<kActivation, std::uint8_t>(conv, begin, end, vectors, bytes);
      case Storage::kSigned8:
        return Run<kActivation, std::int8_t>(conv, begin, end, vectors, bytes);
    }
  });
  _tile_release();
}

AVOCET_END_AMX
AVOCET_END_AVX512

#else

void RunPointwiseAmx(const Pointwise<BFloat16>&, int, int, int, int, void*) { AVOCET_CHECK(false); }

void RunPointwiseInt8Amx(const PointwiseInt8&, int, int, int, int, void*) { AVOCET_CHECK(false); }

#endif  // defined(__x86_64__)

}  // namespace avocet
