#include "engine/onednn/training/pixel_product.h"

#include <algorithm>
#include <type_traits>

#include "engine/kernels/cpu.h"
#include "engine/kernels/pair_layout.h"
#include "engine/kernels/pointwise.h"
#include "engine/kernels/pointwise_digits.h"
#include "engine/onednn/team.h"

namespace avocet {
namespace {

// A matrix [to, from], element (t, f) at t * to_stride + f * from_stride, as RunPointwise wants it.
void PackWeights(const float* matrix, int from, int to, std::ptrdiff_t from_stride,
                 std::ptrdiff_t to_stride, float* packed) {
  ParallelFor(PointwiseTiles(to), [&](int begin, int end) {
    for (int tile = begin; tile < end; ++tile) {
      const int first = tile * kPointwiseTile;
      const int count = std::min(kPointwiseTile, to - first);
      float* row = packed + std::ptrdiff_t{tile} * kPointwiseTile * from;
      for (int f = 0; f < from; ++f, row += kPointwiseTile) {
        const float* element = matrix + f * from_stride + first * to_stride;
        for (int t = 0; t < count; ++t) row[t] = element[t * to_stride];
        std::fill(row + count, row + kPointwiseTile, 0.0f);
      }
    }
  });
}
void PackWeights(const float* matrix, int from, int to, std::ptrdiff_t from_stride,
                 std::ptrdiff_t to_stride, BFloat16* packed) {
  const PairLayout layout = {.src = matrix,
                             .dst = packed,
                             .blocked_stride = to_stride,
                             .paired_stride = from_stride,
                             .blocked = to,
                             .paired = from,
                             .taps = 1,
                             .block = kPointwiseTile};
  ParallelFor(PairLayoutParts(layout),
              [&](int begin, int end) { RunPairLayout(layout, begin, end); });
}

template <typename T>
bool InDigits(const PixelProduct& product) {
  return std::is_same_v<T, float> && MultipliesDigits(product.from, product.to);
}

}  // namespace

bool MultipliesDigits(int from, int to) {
  constexpr int kLeast = 64;
  return HasAmxKernels() && std::min(from, to) >= kLeast;
}

template <typename T>
std::string PixelProduct::Implementation() const {
  if (InDigits<T>(*this)) return "own_1x1:amx_digits";
  return std::string("own_1x1:") + PointwiseIsa<T>(from);
}

template <typename T>
std::int64_t PixelProduct::PackedBytes() const {
  if (InDigits<T>(*this)) return static_cast<std::int64_t>(DigitWeightsBytes(from, to));
  return std::int64_t{PointwiseTiles(to)} * kPointwiseTile * from * std::int64_t{sizeof(T)};
}

template <typename T>
void PixelProduct::Pack(void* packed) const {
  const auto* const elements = static_cast<const float*>(matrix.get_data_handle());
  if (InDigits<T>(*this)) {
    const DigitWeights weights = {.matrix = elements,
                                  .to_stride = to_stride,
                                  .from_stride = from_stride,
                                  .to = to,
                                  .from = from};
    ParallelFor(DigitWeightsParts(to), [&](int begin, int end) {
      PackDigitWeights(weights, begin, end, static_cast<std::uint8_t*>(packed));
    });
    return;
  }
  PackWeights(elements, from, to, from_stride, to_stride, static_cast<T*>(packed));
}

template <typename T>
void PixelProduct::Run(const void* packed, const T* src, T* dst, int pixels) const {
  const float* const biases =
      bias.has_value() ? static_cast<const float*>(bias->get_data_handle()) : nullptr;
  if constexpr (std::is_same_v<T, float>) {
    if (InDigits<T>(*this)) {
      return RunPointwiseDigits({.src = src,
                                 .weights = static_cast<const std::uint8_t*>(packed),
                                 .bias = biases,
                                 .dst = dst,
                                 .pixels = pixels,
                                 .in_channels = from,
                                 .out_channels = to});
    }
  }
  const Pointwise<T> call = {.src = src,
                             .weights = static_cast<const T*>(packed),
                             .bias = biases,
                             .gate = nullptr,
                             .residual = nullptr,
                             .dst = dst,
                             .in_channels = from,
                             .out_channels = to,
                             .activation = std::nullopt};
  RunPointwise(call, 0, pixels, 0, PointwiseTiles(to), nullptr);
}

template std::string PixelProduct::Implementation<float>() const;
template std::string PixelProduct::Implementation<BFloat16>() const;
template std::int64_t PixelProduct::PackedBytes<float>() const;
template std::int64_t PixelProduct::PackedBytes<BFloat16>() const;
template void PixelProduct::Pack<float>(void*) const;
template void PixelProduct::Pack<BFloat16>(void*) const;
template void PixelProduct::Run(const void*, const float*, float*, int) const;
template void PixelProduct::Run(const void*, const BFloat16*, BFloat16*, int) const;

}  // namespace avocet
