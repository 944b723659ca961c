#include "engine/checkpoint/float_conversion.h"

#include <bit>
#include <cstring>

#include "engine/base/check.h"

namespace avocet {
namespace {

template <typename Stored, typename Convert>
void CopyElements(const TensorView& tensor, std::span<float> destination, Convert convert) {
  AVOCET_CHECK(tensor.data.size() == destination.size() * sizeof(Stored));
  const std::byte* source = tensor.data.data();
  for (float& value : destination) {
    Stored stored;
    std::memcpy(&stored, source, sizeof(stored));
    value = convert(stored);
    source += sizeof(stored);
  }
}

}  // namespace

float HalfToFloat(std::uint16_t bits) {
  const std::uint32_t sign = static_cast<std::uint32_t>(bits & 0x8000u) << 16;
  const std::uint32_t exponent = (bits >> 10) & 0x1fu;  // biased by 15; float32's by 127
  const std::uint32_t fraction = bits & 0x3ffu;
  if (exponent == 0) {  // zero or subnormal: a multiple of 2^-24
    const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
    return sign != 0 ? -magnitude : magnitude;
  }
  const std::uint32_t wide = exponent == 0x1fu ? 0xffu : exponent + (127 - 15);
  return std::bit_cast<float>(sign | wide << 23 | fraction << 13);
}

float BFloat16ToFloat(std::uint16_t bits) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}

std::uint16_t FloatToHalf(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (bits >> 16) & 0x8000u;
  const std::uint32_t magnitude = bits & 0x7fffffffu;
  constexpr std::uint32_t kInfinity = 0x7f800000u;
  constexpr std::uint32_t kHalfInfinity = 0x7c00u;
  constexpr std::uint32_t kQuietNan = 0x7e00u;
  if (magnitude > kInfinity) return static_cast<std::uint16_t>(sign | kQuietNan);
  // Halfway between the largest binary16, 65504, and what would come after it.
  if (magnitude >= std::bit_cast<std::uint32_t>(65520.0f)) {
    return static_cast<std::uint16_t>(sign | kHalfInfinity);
  }
  if (magnitude < std::bit_cast<std::uint32_t>(0x1p-14f)) {
    // The result is a multiple of 2^-24. Adding 0.5, whose last bit weighs as much, leaves it,
    // rounded, in the fraction.
    const float shifted = std::bit_cast<float>(magnitude) + 0.5f;
    const std::uint32_t fraction =
        std::bit_cast<std::uint32_t>(shifted) - std::bit_cast<std::uint32_t>(0.5f);
    return static_cast<std::uint16_t>(sign | fraction);
  }
  const std::uint32_t odd = (magnitude >> 13) & 1u;
  const std::uint32_t rounded = magnitude - ((127u - 15u) << 23) + 0xfffu + odd;
  return static_cast<std::uint16_t>(sign | rounded >> 13);
}

std::uint16_t FloatToBFloat16(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  // Rounding could carry a NaN's fraction into infinity.
  if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<std::uint16_t>(bits >> 16 | 0x40u);
  return static_cast<std::uint16_t>((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}

bool IsFloatingPoint(DType dtype) {
  return dtype == DType::kF16 || dtype == DType::kBF16 || dtype == DType::kF32 ||
         dtype == DType::kF64;
}

void CopyAsFloat(const TensorView& tensor, std::span<float> destination) {
  AVOCET_CHECK(IsFloatingPoint(tensor.dtype));
  if (tensor.dtype == DType::kF16) {
    CopyElements<std::uint16_t>(tensor, destination, HalfToFloat);
  } else if (tensor.dtype == DType::kBF16) {
    CopyElements<std::uint16_t>(tensor, destination, BFloat16ToFloat);
  } else if (tensor.dtype == DType::kF32) {
    CopyElements<float>(tensor, destination, [](float value) { return value; });
  } else {
    CopyElements<double>(tensor, destination,
                         [](double value) { return static_cast<float>(value); });
  }
}

}  // namespace avocet
