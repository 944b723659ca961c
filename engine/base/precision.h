// In which numbers a network computes.
#ifndef AVOCET_ENGINE_BASE_PRECISION_H_
#define AVOCET_ENGINE_BASE_PRECISION_H_

#include <string_view>

namespace avocet {

// kBFloat16: weights and activations have 8 bits of mantissa; sums, biases, statistics of norms,
// the input and the logits stay float32.
// kInt8: convolutions and linear layers multiply integers of 8 bits, as a Quantization says; what
// it leaves out stays float32.
enum class Precision { kFloat32, kBFloat16, kInt8 };

constexpr std::string_view PrecisionName(Precision precision) {
  switch (precision) {
    case Precision::kFloat32:
      return "float32";
    case Precision::kBFloat16:
      return "bfloat16";
    case Precision::kInt8:
      return "int8";
  }
  return "?";
}

}  // namespace avocet

#endif  // AVOCET_ENGINE_BASE_PRECISION_H_
