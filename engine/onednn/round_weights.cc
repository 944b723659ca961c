#include "engine/onednn/round_weights.h"

#include <bit>
#include <cstdint>

#include "engine/base/check.h"

namespace avocet {
namespace {

float Round(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t to_even = 0x7fff + ((bits >> 16) & 1);
  return std::bit_cast<float>((bits + to_even) & 0xffff0000);
}

}  // namespace

void RoundToBFloat16(std::span<float> weights, std::size_t taps) {
  AVOCET_CHECK(taps > 0 && weights.size() % taps == 0);
  for (std::size_t plane = 0; plane < weights.size(); plane += taps) {
    float error = 0;
    for (float& weight : weights.subspan(plane, taps)) {
      const float wanted = weight + error;
      weight = Round(wanted);
      error = wanted - weight;
    }
  }
}

}  // namespace avocet
