#include "engine/quantization/clip_range.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace avocet {
namespace {

// `times` 100 000 values up to 1, evenly spread, and one outlier.
Histogram WithOutlier(float outlier, int times = 1) {
  Histogram histogram;
  std::vector<float> values;
  for (int i = 1; i <= 100'000; ++i) values.push_back(static_cast<float>(i) * 1e-5f);
  for (int i = 0; i < times; ++i) histogram.Add(values);
  histogram.Add({{outlier}});
  return histogram;
}

TEST(Histogram, CountsWhatWasAdded) {
  Histogram histogram;
  const std::vector<float> first = {0, 0.5f, -1};
  histogram.Add(first);
  const std::vector<float> second = {-100, 0};  // widens the bins
  histogram.Add(second);
  EXPECT_EQ(histogram.total(), 5);
  EXPECT_EQ(histogram.zeroes(), 2);
  EXPECT_EQ(histogram.largest(), 100);
  std::int64_t below_two = 0;
  for (std::size_t i = 0; static_cast<double>(i) * histogram.bin_width() < 2; ++i) {
    below_two += histogram.bins()[i];
  }
  EXPECT_EQ(below_two, 2);
}

TEST(ChooseRange, MinMaxCoversEverything) {
  const QuantizedActivation u8 = ChooseRange(WithOutlier(8), false, RangeMethod::kMinMax);
  EXPECT_FLOAT_EQ(u8.scale, 8.0f / 255);
  EXPECT_FALSE(u8.is_signed);
  EXPECT_FLOAT_EQ(ChooseRange(WithOutlier(8), true, RangeMethod::kMinMax).scale, 8.0f / 127);
}

TEST(ChooseRange, PercentileLeavesTheLargestOut) {
  const QuantizedActivation u8 = ChooseRange(WithOutlier(8), false, RangeMethod::kPercentile);
  EXPECT_NEAR(u8.scale * 255, 1.0, 0.01);
}

// The error of rounding n values up to the end e in 255 steps is n (e / 255)^2 / 12, that of
// clipping the outlier (8 - e)^2: together least at e = 8 / (n / 780 300 + 1).
TEST(ChooseRange, MeanSquaredErrorWeighsRoundingAndClipping) {
  for (const int times : {1, 20}) {
    const double end = 8 / (times * 1e5 / 780'300 + 1);
    const QuantizedActivation u8 =
        ChooseRange(WithOutlier(8, times), false, RangeMethod::kMeanSquaredError);
    EXPECT_NEAR(u8.scale * 255, end, 0.1) << times;
  }
}

TEST(ChooseRange, OfZeroesIsOne) {
  Histogram histogram;
  const std::vector<float> zeroes(10);
  histogram.Add(zeroes);
  for (const RangeMethod method :
       {RangeMethod::kMinMax, RangeMethod::kPercentile, RangeMethod::kMeanSquaredError}) {
    EXPECT_EQ(ChooseRange(histogram, true, method).scale, 1.0f);
  }
}

}  // namespace
}  // namespace avocet
