// Kernels of own steps, for float32 and bfloat16.
#ifndef AVOCET_ENGINE_ONEDNN_TRAINING_NUMBERS_H_
#define AVOCET_ENGINE_ONEDNN_TRAINING_NUMBERS_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "dnnl.hpp"
#include "engine/base/check.h"
#include "engine/kernels/bfloat16.h"

namespace avocet {

// Calls `body` with a null pointer to the type of `type`'s numbers.
template <typename Body>
void WithType(dnnl::memory::data_type type, const Body& body) {
  AVOCET_CHECK(type == dnnl::memory::data_type::f32 || type == dnnl::memory::data_type::bf16);
  if (type == dnnl::memory::data_type::f32) {
    body(static_cast<float*>(nullptr));
  } else {
    body(static_cast<BFloat16*>(nullptr));
  }
}

inline float ToFloat(float value) { return value; }
inline float ToFloat(BFloat16 value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value.bits) << 16);
}

inline void SetNumber(float value, float* to) { *to = value; }
// To the nearest, ties to even.
inline void SetNumber(float value, BFloat16* to) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  to->bits = static_cast<std::uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

// The channels of one of several vectors [channels], in float32.
template <typename T>
std::vector<float> VectorOf(const void* vectors, int index, int channels) {
  const T* from = static_cast<const T*>(vectors) + std::ptrdiff_t{index} * channels;
  std::vector<float> values;
  values.reserve(static_cast<std::size_t>(channels));
  for (int c = 0; c < channels; ++c) values.push_back(ToFloat(from[c]));
  return values;
}

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_TRAINING_NUMBERS_H_
