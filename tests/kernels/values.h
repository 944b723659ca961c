// Numbers for kernels in both types, and their expected results.
#ifndef AVOCET_TESTS_KERNELS_VALUES_H_
#define AVOCET_TESTS_KERNELS_VALUES_H_

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "engine/graph/op.h"
#include "engine/kernels/bfloat16.h"
#include "engine/kernels/cpu.h"
#include "tests/reference/golden.h"

namespace avocet {

template <typename T>
bool HasKernels() {
  return std::is_same_v<T, float> ? HasFloat32Kernels() : HasBFloat16Kernels();
}

inline double ToDouble(float value) { return value; }
inline double ToDouble(BFloat16 value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(value.bits) << 16);
}

template <typename T>
T FromFloat(float value) {
  if constexpr (std::is_same_v<T, float>) {
    return value;
  } else {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    return {static_cast<std::uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16)};
  }
}

// How far a result of about `size` may be off: rounding to T, and of the sums before it.
template <typename T>
double Tolerance(double size) {
  return (std::is_same_v<T, float> ? 4e-6 : 6e-3) * (1.0 + std::abs(size));
}

template <typename T>
std::vector<T> Values(std::string_view key, std::size_t count) {
  std::vector<T> values;
  for (const float value : NamedValues(key, count)) values.push_back(FromFloat<T>(value));
  return values;
}

inline double Activated(std::optional<ActivationKind> kind, double x) {
  if (!kind.has_value()) return x;
  switch (*kind) {
    case ActivationKind::kRelu:
      return x < 0 ? 0 : x;
    case ActivationKind::kRelu6:
      return x < 0 ? 0 : x > 6 ? 6 : x;
    case ActivationKind::kSilu:
      return x / (1 + std::exp(-x));
    case ActivationKind::kGelu:
      return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
    case ActivationKind::kSigmoid:
      return 1 / (1 + std::exp(-x));
    case ActivationKind::kTanh:
      return std::tanh(x);
  }
  return x;
}

// What a failure of a 1x1 convolution's case is told by.
template <typename Case>
std::string PointwiseName(const Case& c) {
  return std::to_string(c.pixels) + " pixels, " + std::to_string(c.in_channels) + " to " +
         std::to_string(c.out_channels);
}

}  // namespace avocet

#endif  // AVOCET_TESTS_KERNELS_VALUES_H_
