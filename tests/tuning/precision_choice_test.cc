#include "engine/tuning/precision_choice.h"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace avocet {
namespace {

using std::chrono::microseconds;

PrecisionCost Cost(Precision precision, int single_us, int wide_us) {
  return {precision, {microseconds(single_us), microseconds(wide_us)}};
}

TEST(FastestPrecision, TakesTheFastest) {
  const std::vector costs = {Cost(Precision::kFloat32, 1000, 600),
                             Cost(Precision::kBFloat16, 700, 400),
                             Cost(Precision::kInt8, 400, 300)};
  EXPECT_EQ(FastestPrecision(costs), Precision::kInt8);
}

TEST(FastestPrecision, TakesTheMoreExactOneOfTwoThatAreAboutAsFast) {
  EXPECT_EQ(FastestPrecision(std::vector{Cost(Precision::kFloat32, 1000, 1000),
                                         Cost(Precision::kBFloat16, 960, 960)}),
            Precision::kFloat32);
  EXPECT_EQ(FastestPrecision(std::vector{Cost(Precision::kFloat32, 1000, 1000),
                                         Cost(Precision::kBFloat16, 949, 949)}),
            Precision::kBFloat16);
  EXPECT_EQ(FastestPrecision(std::vector{Cost(Precision::kFloat32, 1000, 1000),
                                         Cost(Precision::kBFloat16, 500, 500),
                                         Cost(Precision::kInt8, 490, 490)}),
            Precision::kBFloat16);
}

TEST(FastestPrecision, CountsBothTimes) {
  // No faster alone, yet twice as fast under load.
  EXPECT_EQ(FastestPrecision(std::vector{Cost(Precision::kFloat32, 1000, 500),
                                         Cost(Precision::kBFloat16, 500, 490)}),
            Precision::kBFloat16);
  EXPECT_EQ(FastestPrecision(std::vector{Cost(Precision::kFloat32, 1000, 500),
                                         Cost(Precision::kBFloat16, 960, 475)}),
            Precision::kFloat32);
}

TEST(FastestPrecision, RunsALoneImageOnOneThreadWhereAllAreSlower) {
  EXPECT_EQ(FastestPrecision(std::vector{Cost(Precision::kFloat32, 1000, 900),
                                         Cost(Precision::kBFloat16, 500, 50'000)}),
            Precision::kBFloat16);
}

TEST(FastestPrecision, TakesTheOnlyOne) {
  EXPECT_EQ(FastestPrecision(std::vector{Cost(Precision::kInt8, 3, 3)}), Precision::kInt8);
}

TEST(DescribePrecisionCosts, IsALineForTheLog) {
  EXPECT_EQ(DescribePrecisionCosts(std::vector{Cost(Precision::kFloat32, 9160, 5020),
                                               Cost(Precision::kBFloat16, 6100, 3500)}),
            "float32 9.16 ms (5.02 ms on all threads), bfloat16 6.10 ms (3.50 ms on all threads)");
}

}  // namespace
}  // namespace avocet
