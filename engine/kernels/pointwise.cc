#include "engine/kernels/pointwise.h"

#include <algorithm>
#include <type_traits>

#include "engine/base/check.h"
#include "engine/kernels/bfloat16_products.h"
#include "engine/kernels/cpu.h"
#include "engine/kernels/float32_any.h"
#include "engine/kernels/pointwise_amx.h"
#include "engine/kernels/pointwise_parts.h"
#include "engine/kernels/pointwise_products.h"
#include "engine/kernels/vector.h"

namespace avocet {

template <typename T>
std::size_t PointwiseScratchBytes(int in_channels) {
  const std::size_t pixel = static_cast<std::size_t>(in_channels) * sizeof(T);
  return static_cast<std::size_t>(PointwiseBlock(pixel)) * pixel;
}

#if defined(__x86_64__)

AVOCET_BEGIN_AVX512

namespace {

template <typename Products>
using NumberOf = typename Products::Number;

// Products::Multiply into memory.
template <typename Products, int R, int V>
void MultiplyInto(const NumberOf<Products>* src, const NumberOf<Products>* weights, int in_channels,
                  float* sums) {
  __m512 sum[R][V];
  Products::Multiply(src, weights, in_channels, sum);
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) _mm512_store_ps(sums + r * kPointwiseTile + v * kLanes, sum[r][v]);
  }
}

template <typename T>
using MultiplyFunction = void (*)(const T*, const T*, int, float*);

// [rows - 1][vectors - 1]
template <typename P>
constexpr MultiplyFunction<NumberOf<P>> kMultiply[kRows][kVectors] = {
    {MultiplyInto<P, 1, 1>, MultiplyInto<P, 1, 2>, MultiplyInto<P, 1, 3>},
    {MultiplyInto<P, 2, 1>, MultiplyInto<P, 2, 2>, MultiplyInto<P, 2, 3>},
    {MultiplyInto<P, 3, 1>, MultiplyInto<P, 3, 2>, MultiplyInto<P, 3, 3>},
    {MultiplyInto<P, 4, 1>, MultiplyInto<P, 4, 2>, MultiplyInto<P, 4, 3>},
    {MultiplyInto<P, 5, 1>, MultiplyInto<P, 5, 2>, MultiplyInto<P, 5, 3>},
    {MultiplyInto<P, 6, 1>, MultiplyInto<P, 6, 2>, MultiplyInto<P, 6, 3>},
    {MultiplyInto<P, 7, 1>, MultiplyInto<P, 7, 2>, MultiplyInto<P, 7, 3>},
    {MultiplyInto<P, 8, 1>, MultiplyInto<P, 8, 2>, MultiplyInto<P, 8, 3>}};

// kRows pixels of a whole tile, whose sums never leave the registers.
template <VectorActivation activation, typename Products, typename T>
void RunWhole(const Pointwise<T>& conv, const T* src, const T* weights, std::size_t row,
              int channel) {
  __m512 sum[kRows][kVectors];
  Products::Multiply(src, weights, conv.in_channels, sum);
  const Tile<kVectors> tile = TileOf<kVectors>(conv, channel);
  const auto stride = static_cast<std::size_t>(conv.out_channels);
  const std::size_t offset = row * stride + static_cast<std::size_t>(channel);
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
    FinishPixel<activation>(conv, tile, sum[r], offset + static_cast<std::size_t>(r) * stride);
  }
}

template <VectorActivation activation, typename Products, typename T>
void Run(const Pointwise<T>& conv, int begin, int end, int first_tile, int last_tile, T* scratch) {
  alignas(64) float sums[kRows * kPointwiseTile];
  const auto in_channels = static_cast<std::size_t>(conv.in_channels);
  const int block = PointwiseBlock(in_channels * sizeof(T));
  for (int start = begin; start < end; start += block) {
    const int pixels = std::min(block, end - start);
    const T* src = conv.src + static_cast<std::size_t>(start) * in_channels;
    if (conv.gate != nullptr) {
      ApplyGate(src, conv.gate, pixels, conv.in_channels, scratch);
      src = scratch;
    }
    // Groups of nearly the same size waste least on the last.
    const int groups = (pixels + kRows - 1) / kRows;
    for (int tile = first_tile; tile < last_tile; ++tile) {
      const int channel = tile * kPointwiseTile;
      const T* weights =
          conv.weights + static_cast<std::size_t>(tile) * in_channels * kPointwiseTile;
      const int count = std::min(kPointwiseTile, conv.out_channels - channel);
      const int vectors = (count + kLanes - 1) / kLanes;
      for (int group = 0; group < groups; ++group) {
        const int row = pixels * group / groups;
        const int rows = pixels * (group + 1) / groups - row;
        const T* pixel = src + static_cast<std::size_t>(row) * in_channels;
        const auto first = static_cast<std::size_t>(start + row);
        if (rows == kRows && vectors == kVectors) {
          RunWhole<activation, Products>(conv, pixel, weights, first, channel);
          continue;
        }
        kMultiply<Products>[rows - 1][vectors - 1](pixel, weights, conv.in_channels, sums);
        if (vectors == 3) {
          Finish<3, activation, kPointwiseTile>(conv, sums, first, rows, channel);
        } else if (vectors == 2) {
          Finish<2, activation, kPointwiseTile>(conv, sums, first, rows, channel);
        } else {
          Finish<1, activation, kPointwiseTile>(conv, sums, first, rows, channel);
        }
      }
    }
  }
}

template <typename Products, typename T>
void RunProducts(const Pointwise<T>& conv, int begin, int end, int first_tile, int last_tile,
                 void* scratch) {
  WithActivation(conv.activation, [&](auto activation) {
    Run<decltype(activation)::value, Products>(conv, begin, end, first_tile, last_tile,
                                               static_cast<T*>(scratch));
  });
}

void RunAvx512(const Pointwise<float>& conv, int begin, int end, int first_tile, int last_tile,
               void* scratch) {
  RunProducts<Float32Products>(conv, begin, end, first_tile, last_tile, scratch);
}

void RunAvx512(const Pointwise<BFloat16>& conv, int begin, int end, int first_tile, int last_tile,
               void* scratch) {
  const auto run = MultipliesBFloat16AsFloat() ? RunPointwiseWidened : RunPointwisePairs;
  run(conv, begin, end, first_tile, last_tile, scratch);
}

}  // namespace

void RunPointwisePairs(const Pointwise<BFloat16>& conv, int begin, int end, int first_tile,
                       int last_tile, void* scratch) {
  RunProducts<BFloat16Products>(conv, begin, end, first_tile, last_tile, scratch);
}

void RunPointwiseWidened(const Pointwise<BFloat16>& conv, int begin, int end, int first_tile,
                         int last_tile, void* scratch) {
  RunProducts<WidenedProducts>(conv, begin, end, first_tile, last_tile, scratch);
}

AVOCET_END_AVX512

#else

namespace {

template <typename T>
void RunAvx512(const Pointwise<T>&, int, int, int, int, void*) {
  AVOCET_CHECK(false);
}

}  // namespace

void RunPointwisePairs(const Pointwise<BFloat16>&, int, int, int, int, void*) {
  AVOCET_CHECK(false);
}

void RunPointwiseWidened(const Pointwise<BFloat16>&, int, int, int, int, void*) {
  AVOCET_CHECK(false);
}

#endif  // defined(__x86_64__)

template <typename T>
void RunPointwise(const Pointwise<T>& conv, int begin, int end, int first_tile, int last_tile,
                  void* scratch) {
  if constexpr (std::is_same_v<T, float>) {
    if (!HasAvx512Kernels()) {
      return RunPointwiseAny(conv, begin, end, first_tile, last_tile, scratch);
    }
  } else if (TakesAmx(conv.in_channels * static_cast<int>(sizeof(T)))) {
    return RunPointwiseAmx(conv, begin, end, first_tile, last_tile, scratch);
  }
  RunAvx512(conv, begin, end, first_tile, last_tile, scratch);
}

template <typename T>
const char* PointwiseIsa(int in_channels) {
  if constexpr (std::is_same_v<T, float>) {
    return Float32Isa();
  } else {
    if (TakesAmx(in_channels * static_cast<int>(sizeof(T)))) return "amx_bf16";
    return MultipliesBFloat16AsFloat() ? "avx512" : "avx512_bf16";
  }
}

template std::size_t PointwiseScratchBytes<float>(int);
template std::size_t PointwiseScratchBytes<BFloat16>(int);
template const char* PointwiseIsa<float>(int);
template const char* PointwiseIsa<BFloat16>(int);
template void RunPointwise(const Pointwise<float>&, int, int, int, int, void*);
template void RunPointwise(const Pointwise<BFloat16>&, int, int, int, int, void*);

}  // namespace avocet
