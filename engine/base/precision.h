// In which numbers a network computes.
#ifndef AVOCET_ENGINE_BASE_PRECISION_H_
#define AVOCET_ENGINE_BASE_PRECISION_H_

#include <string_view>

namespace avocet {

// kBFloat16: weights and activations have 8 bits of mantissa; sums, biases, statistics of norms,
// the input and the logits stay float32.
enum class Precision { kFloat32, kBFloat16 };

constexpr std::string_view PrecisionName(Precision precision) {
  return precision == Precision::kFloat32 ? "float32" : "bfloat16";
}

}  // namespace avocet

#endif  // AVOCET_ENGINE_BASE_PRECISION_H_
