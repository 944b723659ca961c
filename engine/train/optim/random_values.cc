#include "engine/train/optim/random_values.h"

#include <cmath>
#include <cstddef>
#include <numbers>

#include "engine/base/digest.h"

namespace avocet {
namespace {

constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15;  // 2^64 over the golden ratio

// The mixer of splitmix64 (Steele, Lea and Flood, 2014).
std::uint64_t Mix(std::uint64_t z) {
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
  return z ^ (z >> 31);
}

std::uint64_t DigestOf(std::string_view text) {
  Digest digest;
  digest.Add(text);
  return digest.value();
}

}  // namespace

RandomValues::RandomValues(std::uint64_t seed, std::string_view name)
    : state_(Mix(seed + kGolden) ^ DigestOf(name)) {}

std::uint64_t RandomValues::Bits() { return Mix(state_ += kGolden); }

double RandomValues::Uniform() { return static_cast<double>(Bits() >> 11) * 0x1p-53; }

void RandomValues::FillUniform(std::span<float> values, double bound) {
  for (float& value : values) value = static_cast<float>((2 * Uniform() - 1) * bound);
}

void RandomValues::FillNormal(std::span<float> values, double deviation) {
  for (std::size_t i = 0; i < values.size(); i += 2) {
    const double radius = deviation * std::sqrt(-2 * std::log(1 - Uniform()));
    const double angle = 2 * std::numbers::pi * Uniform();
    values[i] = static_cast<float>(radius * std::cos(angle));
    if (i + 1 < values.size()) values[i + 1] = static_cast<float>(radius * std::sin(angle));
  }
}

}  // namespace avocet
