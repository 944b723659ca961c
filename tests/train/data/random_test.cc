#include "engine/train/data/random.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "engine/train/data/random_crop.h"

namespace avocet {
namespace {

using ::testing::ElementsAre;

// Known answers of the authors' Random123 library, philox4x32 with 10 rounds.
TEST(PhiloxTest, KnownAnswers) {
  EXPECT_THAT(Philox({0, 0, 0, 0}, {0, 0}),
              ElementsAre(0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u));
  EXPECT_THAT(Philox({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}),
              ElementsAre(0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu));
  EXPECT_THAT(Philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
              ElementsAre(0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u));
}

TEST(RandomTest, StreamsDifferInEveryPartOfTheirName) {
  const auto first = [](std::uint64_t seed, RandomPurpose purpose, std::uint32_t epoch,
                        std::uint32_t index) { return Random(seed, purpose, epoch, index).Next(); };
  const std::uint32_t base = first(1, RandomPurpose::kAugment, 2, 3);
  EXPECT_EQ(first(1, RandomPurpose::kAugment, 2, 3), base);
  EXPECT_NE(first(std::uint64_t{1} << 32 | 1, RandomPurpose::kAugment, 2, 3), base);
  EXPECT_NE(first(1, RandomPurpose::kMix, 2, 3), base);
  EXPECT_NE(first(1, RandomPurpose::kAugment, 3, 3), base);
  EXPECT_NE(first(1, RandomPurpose::kAugment, 2, 4), base);
}

// The mean of `count` draws of `draw`, and of their squares.
template <typename Draw>
std::pair<double, double> Moments(int count, Draw draw) {
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < count; ++i) {
    const double value = draw();
    sum += value;
    squares += value * value;
  }
  return {sum / count, squares / count};
}

constexpr int kDraws = 100'000;  // five standard errors of a uniform mean are 0.0046

TEST(RandomTest, UniformMoments) {
  Random random(5, RandomPurpose::kOrder, 0, 0);
  const auto [mean, square] = Moments(kDraws, [&] { return random.Uniform(); });
  EXPECT_NEAR(mean, 0.5, 0.0046);
  EXPECT_NEAR(square, 1.0 / 3, 0.0048);
}

TEST(RandomTest, NormalMoments) {
  Random random(5, RandomPurpose::kOrder, 1, 0);
  const auto [mean, square] = Moments(kDraws, [&] { return random.Normal(); });
  EXPECT_NEAR(mean, 0, 0.016);
  EXPECT_NEAR(square, 1, 0.023);
}

TEST(RandomTest, BetaMoments) {
  for (const double alpha : {0.2, 1.0, 4.0}) {
    Random random(5, RandomPurpose::kMix, 2, 0);
    const auto [mean, square] = Moments(kDraws, [&] { return random.SymmetricBeta(alpha); });
    EXPECT_NEAR(mean, 0.5, 0.008);
    const double variance = 1 / (4 * (2 * alpha + 1));
    EXPECT_NEAR(square - mean * mean, variance, 0.004) << alpha;
  }
}

TEST(RandomTest, BelowIsEvenWhereTheRangeDividesBadly) {
  Random random(9, RandomPurpose::kOrder, 0, 0);
  std::vector<int> counts(7, 0);
  for (int i = 0; i < kDraws; ++i) ++counts[random.Below(7)];
  for (const int count : counts) EXPECT_NEAR(count, kDraws / 7.0, 600);
  // Three quarters of 2^32: without rejection a third of the results would come twice as often.
  const std::uint32_t range = 3u << 30;
  int low = 0;
  for (int i = 0; i < kDraws; ++i) low += random.Below(range) < range / 2 ? 1 : 0;
  EXPECT_NEAR(low, kDraws / 2.0, 800);
  EXPECT_EQ(random.Below(1), 0u);
}

TEST(RandomTest, ShuffleReachesEveryOrderEvenly) {
  std::vector<int> counts(6, 0);
  for (std::uint32_t i = 0; i < 12'000; ++i) {
    Random random(1, RandomPurpose::kOrder, 0, i);
    std::vector<int> values = {0, 1, 2};
    Shuffle(&random, &values);
    ++counts[static_cast<std::size_t>(values[0] * 2 + (values[1] > values[2] ? 1 : 0))];
  }
  for (const int count : counts) EXPECT_NEAR(count, 2000, 205);
}

TEST(DrawCropTest, ScaleAndRatioStayWithinTheirRanges) {
  AugmentOptions options;
  options.scale_min = 0.25;
  double sum = 0;
  for (std::uint32_t i = 0; i < 2000; ++i) {
    Random random(3, RandomPurpose::kAugment, 0, i);
    const PixelBox box = DrawCrop(options, 400, 300, &random);
    ASSERT_GE(box.x, 0);
    ASSERT_GE(box.y, 0);
    ASSERT_LE(box.x + box.width, 400);
    ASSERT_LE(box.y + box.height, 300);
    const double area = static_cast<double>(box.width) * box.height / (400.0 * 300.0);
    EXPECT_GE(area, 0.245);
    const double ratio = static_cast<double>(box.width) / box.height;
    EXPECT_GE(ratio, 0.74);
    EXPECT_LE(ratio, 1.35);
    sum += area;
  }
  // Boxes that do not fit are drawn again, so the mean is less than 0.625; that of the published
  // algorithm, 20 000 times in Python, is 0.522.
  EXPECT_NEAR(sum / 2000, 0.522, 0.02);
}

TEST(DrawCropTest, FallsBackToTheLargestCentredBox) {
  AugmentOptions options;
  options.scale_min = options.scale_max = 1;
  Random random(3, RandomPurpose::kAugment, 0, 0);
  EXPECT_EQ(DrawCrop(options, 1000, 30, &random), (PixelBox{480, 0, 40, 30}));
  EXPECT_EQ(DrawCrop(options, 30, 1000, &random), (PixelBox{0, 480, 30, 40}));
  EXPECT_EQ(DrawCrop(options, 1, 1, &random), (PixelBox{0, 0, 1, 1}));
}

}  // namespace
}  // namespace avocet
