// Sums of outer products: the gradients of a 1x1 convolution's weights.
#ifndef AVOCET_ENGINE_KERNELS_OUTER_PRODUCTS_H_
#define AVOCET_ENGINE_KERNELS_OUTER_PRODUCTS_H_

#include <cstddef>
#include <type_traits>

#include "engine/kernels/bfloat16.h"
#include "engine/kernels/cpu.h"

namespace avocet {

// T is float or BFloat16.
template <typename T>
struct OuterProducts {
  const T* left;               // [pixels, left_channels]
  std::ptrdiff_t left_stride;  // from pixel to pixel, at least left_channels
  int left_channels;
  const T* right;  // [pixels, right_channels]
  std::ptrdiff_t right_stride;
  int right_channels;
  int pixels;
  float* sums;                 // [left_channels, right_channels]
  std::ptrdiff_t sums_stride;  // from channel to channel of left
  bool is_far = false;         // the pixels are in no cache: fetches the next ones along the way
  bool in_digits = false;      // float32 by digits.h, which needs HasAmxKernels
};

// Adds to `sums`, over all pixels, the products of each channel of left with each of right. Any
// CPU in float32, HasBFloat16Kernels in bfloat16.
void AddOuterProducts(const OuterProducts<float>& products);
void AddOuterProducts(const OuterProducts<BFloat16>& products);

// Pixels whose products are summed up before they are added to `sums`.
inline constexpr int kFloatOuterPixels = 128;
inline constexpr int kDigitOuterPixels = 256;
inline constexpr int kPairOuterPixels = 256;
inline constexpr int kAmxPairOuterPixels = 384;

// Those of AddOuterProducts on this CPU: calls do best with a multiple of them.
template <typename T>
int OuterProductPixels(bool in_digits) {
  if constexpr (std::is_same_v<T, float>) {
    return in_digits ? kDigitOuterPixels : kFloatOuterPixels;
  } else {
    return HasAmxKernels() ? kAmxPairOuterPixels : kPairOuterPixels;
  }
}

// AddOuterProducts without AMX, with instructions for pairs of bfloat16 numbers. For it and tests.
void AddOuterProductsPairs(const OuterProducts<BFloat16>& products);

// What they use, as in the names of oneDNN's implementations.
template <typename T>
const char* OuterProductsIsa(bool in_digits = false) {
  if constexpr (std::is_same_v<T, float>) {
    return in_digits ? "amx_digits" : "highway";
  } else {
    return HasAmxKernels() ? "amx_bf16" : "avx512_bf16";
  }
}

}  // namespace avocet

#endif  // AVOCET_ENGINE_KERNELS_OUTER_PRODUCTS_H_
