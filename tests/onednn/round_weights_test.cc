#include "engine/onednn/round_weights.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <vector>

#include "tests/reference/golden.h"

namespace avocet {
namespace {

using testing::ElementsAre;

TEST(RoundToBFloat16, OneTapRoundsToNearestEven) {
  // A step of bfloat16 at 1 is 2^-7.
  std::vector<float> weights = {1.0f, 1.0f + 0x1p-8f, 1.0f + 0x3p-8f, 1.0f + 0x1.8p-8f,
                                -1.0f - 0x1.8p-8f};
  RoundToBFloat16(weights, 1);
  EXPECT_THAT(weights, ElementsAre(1.0f, 1.0f, 1.0f + 0x4p-8f, 1.0f + 0x2p-8f, -1.0f - 0x2p-8f));
}

TEST(RoundToBFloat16, ResultsFitSixteenBits) {
  std::vector<float> weights = NamedValues("weights", 900);
  RoundToBFloat16(weights, 9);
  for (const float weight : weights) {
    EXPECT_EQ(std::bit_cast<std::uint32_t>(weight) & 0xffff, 0u);
  }
}

TEST(RoundToBFloat16, PlanesKeepTheirSums) {
  constexpr std::size_t kTaps = 25;
  const std::vector<float> exact = NamedValues("weights", 40 * kTaps);
  std::vector<float> diffused = exact, rounded = exact;
  RoundToBFloat16(diffused, kTaps);
  RoundToBFloat16(rounded, 1);
  double diffused_error = 0, rounded_error = 0;
  const auto sum = [](const std::vector<float>& v, std::size_t plane) {
    const auto begin = v.begin() + static_cast<std::ptrdiff_t>(plane);
    return std::accumulate(begin, begin + kTaps, 0.0);
  };
  for (std::size_t plane = 0; plane < exact.size(); plane += kTaps) {
    const double error = std::abs(sum(diffused, plane) - sum(exact, plane));
    EXPECT_LE(error, 0x1p-9) << "more than half a step at 1";
    diffused_error += error;
    rounded_error += std::abs(sum(rounded, plane) - sum(exact, plane));
  }
  EXPECT_LT(diffused_error, rounded_error / 2);
}

}  // namespace
}  // namespace avocet
