#include "engine/train/data/random.h"

#include <cmath>
#include <numbers>

namespace avocet {
namespace {

// Multipliers and key increments of the paper, table 2.
constexpr std::uint64_t kMultiplier0 = 0xD2511F53;
constexpr std::uint64_t kMultiplier1 = 0xCD9E8D57;
constexpr std::uint32_t kWeyl0 = 0x9E3779B9;
constexpr std::uint32_t kWeyl1 = 0xBB67AE85;
constexpr int kRounds = 10;

}  // namespace

std::array<std::uint32_t, 4> Philox(std::array<std::uint32_t, 4> counter,
                                    std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < kRounds; ++round) {
    const std::uint64_t product0 = kMultiplier0 * counter[0];
    const std::uint64_t product1 = kMultiplier1 * counter[2];
    counter = {static_cast<std::uint32_t>(product1 >> 32) ^ counter[1] ^ key[0],
               static_cast<std::uint32_t>(product1),
               static_cast<std::uint32_t>(product0 >> 32) ^ counter[3] ^ key[1],
               static_cast<std::uint32_t>(product0)};
    key[0] += kWeyl0;
    key[1] += kWeyl1;
  }
  return counter;
}

std::uint32_t Random::Next() {
  if (used_ == block_.size()) {
    block_ = Philox(counter_, key_);
    ++counter_[0];
    used_ = 0;
  }
  return block_[used_++];
}

double Random::Uniform() { return (Next() + 0.5) * 0x1p-32; }

std::uint32_t Random::Below(std::uint32_t count) {
  // Lemire's multiplication: values whose low half is below 2^32 mod count would favour some
  // results, and are drawn again.
  const std::uint32_t threshold = (0u - count) % count;
  std::uint64_t product = std::uint64_t{Next()} * count;
  while (static_cast<std::uint32_t>(product) < threshold) product = std::uint64_t{Next()} * count;
  return static_cast<std::uint32_t>(product >> 32);
}

double Random::Normal() {
  const double radius = std::sqrt(-2.0 * std::log(Uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * Uniform());
}

// Marsaglia and Tsang, "A simple method for generating gamma variables", 2000; shapes below 1 by
// their note in section 6.
double Random::Gamma(double shape) {
  if (shape < 1) {
    const double larger = Gamma(shape + 1);
    return larger * std::pow(Uniform(), 1 / shape);
  }
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = Normal();
    const double root = 1 + c * x;
    if (root <= 0) continue;
    const double v = root * root * root;
    if (std::log(Uniform()) < 0.5 * x * x + d - d * v + d * std::log(v)) return d * v;
  }
}

double Random::SymmetricBeta(double alpha) {
  const double a = Gamma(alpha);
  const double b = Gamma(alpha);
  // Both underflow for tiny shapes, where the distribution is a coin.
  if (a + b <= 0) return Chance(0.5) ? 1 : 0;
  return a / (a + b);
}

}  // namespace avocet
