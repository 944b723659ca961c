// Products of each pixel of a tensor with a matrix, a 1x1 convolution or its gradient, by our own
// kernels.
#ifndef AVOCET_ENGINE_ONEDNN_TRAINING_PIXEL_PRODUCT_H_
#define AVOCET_ENGINE_ONEDNN_TRAINING_PIXEL_PRODUCT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "dnnl.hpp"
#include "engine/onednn/training/tape.h"

namespace avocet {

// Whether float32 products of such a matrix are those of digits (engine/kernels/digits.h): small
// ones take longer to cut into digits than to multiply.
bool MultipliesDigits(int from, int to);

struct PixelProduct {
  int from;  // channels
  int to;
  std::ptrdiff_t from_stride;  // of the elements of the matrix, which is a parameter
  std::ptrdiff_t to_stride;
  dnnl::memory matrix;
  std::optional<dnnl::memory> bias;

  // T is float or BFloat16, of the pixels and of the matrix as it is laid out.
  template <typename T>
  std::string Implementation() const;
  template <typename T>
  std::int64_t PackedBytes() const;
  // By the calling thread's team.
  template <typename T>
  void Pack(void* packed) const;
  template <typename T>
  void Run(const void* packed, const T* src, T* dst, int pixels) const;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_TRAINING_PIXEL_PRODUCT_H_
