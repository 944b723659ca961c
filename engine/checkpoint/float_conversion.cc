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
