// In which numbers a network computes.
#ifndef AVOCET_ENGINE_BASE_PRECISION_H_
#define AVOCET_ENGINE_BASE_PRECISION_H_

#include <string_view>

#include "absl/status/statusor.h"

namespace avocet {

// kBFloat16: weights and activations have 8 bits of mantissa; sums, biases, statistics of norms,
// the input and the logits stay float32.
// kInt8: convolutions and linear layers multiply integers of 8 bits, as a Quantization says; what
// it leaves out stays float32.
enum class Precision { kFloat32, kBFloat16, kInt8 };

inline constexpr Precision kPrecisions[] = {Precision::kFloat32, Precision::kBFloat16,
                                            Precision::kInt8};

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

// The member of kPrecisions with this name. INVALID_ARGUMENT, with all names, for any other.
absl::StatusOr<Precision> ParsePrecision(std::string_view name);

}  // namespace avocet

#endif  // AVOCET_ENGINE_BASE_PRECISION_H_
