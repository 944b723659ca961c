// Sums of outer products: the gradients of a 1x1 convolution's weights.
#ifndef AVOCET_ENGINE_KERNELS_OUTER_PRODUCTS_H_
#define AVOCET_ENGINE_KERNELS_OUTER_PRODUCTS_H_

#include <cstddef>
#include <type_traits>

#include "engine/kernels/bfloat16.h"

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
};

// Adds to `sums`, over all pixels, the products of each channel of left with each of right. Any
// CPU in float32, HasBFloat16Kernels in bfloat16.
void AddOuterProducts(const OuterProducts<float>& products);
void AddOuterProducts(const OuterProducts<BFloat16>& products);

// What they use, as in the names of oneDNN's implementations.
template <typename T>
constexpr const char* OuterProductsIsa() {
  return std::is_same_v<T, float> ? "highway" : "avx512_bf16";
}

}  // namespace avocet

#endif  // AVOCET_ENGINE_KERNELS_OUTER_PRODUCTS_H_
