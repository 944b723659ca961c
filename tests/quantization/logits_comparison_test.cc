#include "engine/quantization/logits_comparison.h"

#include <gtest/gtest.h>

#include <cmath>

namespace avocet {
namespace {

using Logits = std::vector<std::vector<float>>;

TEST(CompareLogits, CountsTheSameClass) {
  // Certain and kept; certain and lost; uncertain and kept.
  const Logits expected = {{5, 0}, {0, 5}, {0.1f, 0, 0, 0}};
  const Logits found = {{3, 0}, {1, 0}, {0.2f, 0, 0, 0}};
  const LogitsComparison comparison = CompareLogits(expected, found);
  EXPECT_EQ(comparison.images, 3);
  EXPECT_EQ(comparison.agreeing, 2);
  EXPECT_EQ(comparison.certain, 2);
  EXPECT_EQ(comparison.certain_agreeing, 1);
  EXPECT_EQ(comparison.agreement(), 0.5);
  EXPECT_NEAR(comparison.mean_cosine, 2.0 / 3, 1e-12);
  EXPECT_EQ(comparison.least_cosine, 0);
}

TEST(CompareLogits, FindsTheLargestChangeOfAProbability) {
  const Logits expected = {{0, 0}, {0, 0}};
  const Logits found = {{0, 0}, {std::log(3.0f), 0}};
  EXPECT_NEAR(CompareLogits(expected, found).largest_probability_change, 0.25, 1e-6);
}

TEST(CompareLogits, FallsBackToAllImages) {
  const Logits expected = {{0.1f, 0, 0}, {0, 0.1f, 0}};
  EXPECT_EQ(CompareLogits(expected, {{{1, 0, 0}, {1, 0, 0}}}).agreement(), 0.5);
}

}  // namespace
}  // namespace avocet
