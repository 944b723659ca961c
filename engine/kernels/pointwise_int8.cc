#include "engine/kernels/pointwise_int8.h"

#include <algorithm>
#include <type_traits>

#include "engine/base/check.h"
#include "engine/kernels/cpu.h"
#include "engine/kernels/pointwise_amx.h"
#include "engine/kernels/pointwise_int8_parts.h"
#include "engine/kernels/vector.h"

namespace avocet {

std::size_t PointwiseInt8ScratchBytes(int in_channels) {
  const auto pixel = static_cast<std::size_t>(in_channels);
  return static_cast<std::size_t>(PointwiseBlock(pixel)) * pixel;
}

bool ShiftsSigned(int in_channels) { return !TakesAmx(in_channels); }

const char* PointwiseInt8Isa(int in_channels) {
  return TakesAmx(in_channels) ? "amx_int8" : "avx512_vnni";
}

#if defined(__x86_64__)

bool HasInt8Kernels() { return HasAvx512Kernels() && __builtin_cpu_supports("avx512vnni") != 0; }

AVOCET_BEGIN_AVX512

namespace {

constexpr int kRows = 8;     // pixels in registers
constexpr int kVectors = 3;  // vectors of output channels in registers
static_assert(kVectors * kLanes == kPointwiseTile);

// sums [R, kPointwiseTile] = src [R, in_channels] * weights, for the first V vectors of a tile,
// four input channels at a time.
template <int R, int V>
void Multiply(const std::uint8_t* src, const std::int8_t* weights, int in_channels,
              std::int32_t* sums) {
  __m512i sum[R][V];
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) sum[r][v] = _mm512_setzero_si512();
  }
  const auto stride = static_cast<std::size_t>(in_channels);
  for (std::size_t k = 0; k < stride; k += 4, weights += 4 * kPointwiseTile) {
    __m512i weight[V];
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) weight[v] = _mm512_load_si512(weights + 4 * v * kLanes);
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      int four;
      __builtin_memcpy(&four, src + static_cast<std::size_t>(r) * stride + k, sizeof(four));
      const __m512i factor = _mm512_set1_epi32(four);
#pragma GCC unroll 3
      for (int v = 0; v < V; ++v) sum[r][v] = _mm512_dpbusd_epi32(sum[r][v], factor, weight[v]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) {
      _mm512_store_si512(sums + r * kPointwiseTile + v * kLanes, sum[r][v]);
    }
  }
}

using MultiplyFunction = void (*)(const std::uint8_t*, const std::int8_t*, int, std::int32_t*);

// [rows - 1][vectors - 1]
constexpr MultiplyFunction kMultiply[kRows][kVectors] = {
    {Multiply<1, 1>, Multiply<1, 2>, Multiply<1, 3>},
    {Multiply<2, 1>, Multiply<2, 2>, Multiply<2, 3>},
    {Multiply<3, 1>, Multiply<3, 2>, Multiply<3, 3>},
    {Multiply<4, 1>, Multiply<4, 2>, Multiply<4, 3>},
    {Multiply<5, 1>, Multiply<5, 2>, Multiply<5, 3>},
    {Multiply<6, 1>, Multiply<6, 2>, Multiply<6, 3>},
    {Multiply<7, 1>, Multiply<7, 2>, Multiply<7, 3>},
    {Multiply<8, 1>, Multiply<8, 2>, Multiply<8, 3>}};

template <VectorActivation activation, typename Dst>
void Run(const PointwiseInt8& conv, int begin, int end, int first_tile, int last_tile,
         std::uint8_t* scratch) {
  alignas(64) std::int32_t sums[kRows * kPointwiseTile];
  const auto in_channels = static_cast<std::size_t>(conv.in_channels);
  const int block = PointwiseBlock(in_channels);
  for (int start = begin; start < end; start += block) {
    const int pixels = std::min(block, end - start);
    const std::uint8_t* src = Prepare<std::uint8_t>(conv, start, pixels, scratch);
    // Groups of nearly the same size waste least on the last.
    const int groups = (pixels + kRows - 1) / kRows;
    for (int tile = first_tile; tile < last_tile; ++tile) {
      const int channel = tile * kPointwiseTile;
      const std::int8_t* weights =
          conv.weights + static_cast<std::size_t>(tile) * in_channels * kPointwiseTile;
      const int count = std::min(kPointwiseTile, conv.out_channels - channel);
      const int vectors = (count + kLanes - 1) / kLanes;
      for (int group = 0; group < groups; ++group) {
        const int row = pixels * group / groups;
        const int rows = pixels * (group + 1) / groups - row;
        kMultiply[rows - 1][vectors - 1](src + static_cast<std::size_t>(row) * in_channels, weights,
                                         conv.in_channels, sums);
        Finish<activation, kPointwiseTile, Dst>(conv, sums, static_cast<std::size_t>(start + row),
                                                rows, channel);
      }
    }
  }
}

}  // namespace

void RunPointwiseInt8(const PointwiseInt8& conv, int begin, int end, int first_tile, int last_tile,
                      void* scratch) {
  AVOCET_CHECK(conv.in_channels % 4 == 0);
  if (TakesAmx(conv.in_channels)) {
    return RunPointwiseInt8Amx(conv, begin, end, first_tile, last_tile, scratch);
  }
  auto* const bytes = static_cast<std::uint8_t*>(scratch);
  WithActivation(conv.activation, [&](auto activation) {
    constexpr VectorActivation kActivation = decltype(activation)::value;
    switch (conv.dst_storage) {
      case Storage::kFloat32:
        return Run<kActivation, float>(conv, begin, end, first_tile, last_tile, bytes);
      case Storage::kUnsigned8:
        return Run<kActivation, std::uint8_t>(conv, begin, end, first_tile, last_tile, bytes);
      case Storage::kSigned8:
        return Run<kActivation, std::int8_t>(conv, begin, end, first_tile, last_tile, bytes);
    }
  });
}

AVOCET_END_AVX512

#else

bool HasInt8Kernels() { return false; }

void RunPointwiseInt8(const PointwiseInt8&, int, int, int, int, void*) { AVOCET_CHECK(false); }

#endif  // defined(__x86_64__)

}  // namespace avocet
