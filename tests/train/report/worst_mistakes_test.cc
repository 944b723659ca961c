#include "engine/train/report/worst_mistakes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <span>

namespace avocet {
namespace {

TEST(WorstMistakes, KeepsTheMostConfidentOnes) {
  WorstMistakes worst(2, 2);
  // Right, slightly wrong, very wrong; a last row that is only padding.
  worst.Add(std::array{0.0f, 9.0f, 0.0f, 1.0f, 0.0f, 8.0f, 0.0f, 7.0f},
            std::array<std::int64_t, 3>{10, 11, 12}, std::array{1, 0, 0});
  worst.Add(std::array{4.0f, 0.0f}, std::array<std::int64_t, 1>{13}, std::array{1});
  ASSERT_EQ(worst.entries().size(), 2u);
  EXPECT_EQ(worst.entries()[0].image, 12);
  EXPECT_EQ(worst.entries()[0].label, 0);
  EXPECT_EQ(worst.entries()[0].predicted, 1);
  EXPECT_NEAR(worst.entries()[0].confidence, 1 / (1 + std::exp(-8.0)), 1e-6);
  EXPECT_EQ(worst.entries()[1].image, 13);
}

// Rank 0 of two; the other one has seen one mistake, of image 20.
class OtherHasOne : public Collective {
 public:
  int rank() const override { return 0; }
  int size() const override { return 2; }
  void Sum(std::span<float>) override {}
  void Sum(std::span<double> values) override {
    constexpr std::array kEntry = {20.0, 1.0, 0.0, 0.75};
    std::ranges::copy(kEntry, values.subspan(values.size() / 2).begin());
  }
};

TEST(WorstMistakes, KeepsTheWorstOfAllProcesses) {
  WorstMistakes worst(2, 2);
  worst.Add(std::array{0.0f, 9.0f, 0.0f, 0.1f}, std::array<std::int64_t, 2>{10, 11},
            std::array{0, 0});
  OtherHasOne group;
  worst.MergeOver(group);
  ASSERT_EQ(worst.entries().size(), 2u);
  EXPECT_EQ(worst.entries()[0].image, 10);
  EXPECT_EQ(worst.entries()[1].image, 20);
  EXPECT_EQ(worst.entries()[1].label, 1);
  EXPECT_EQ(worst.entries()[1].confidence, 0.75);
}

TEST(WorstMistakes, DoesNotDependOnTheOrderOfEqualOnes) {
  constexpr std::array kLogits = {0.0f, 1.0f};
  WorstMistakes forward(2, 2);
  WorstMistakes backward(2, 2);
  for (std::int64_t image = 0; image < 4; ++image) {
    forward.Add(kLogits, std::array{image}, std::array{0});
    backward.Add(kLogits, std::array{3 - image}, std::array{0});
  }
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(forward.entries()[i].image, static_cast<std::int64_t>(i));
    EXPECT_EQ(backward.entries()[i].image, static_cast<std::int64_t>(i));
  }
}

TEST(WorstMistakes, PassesOverWhatIsNoNumber) {
  WorstMistakes worst(2, 2);
  worst.Add(std::array{std::numeric_limits<float>::quiet_NaN(), 1.0f},
            std::array<std::int64_t, 1>{0}, std::array{0});
  EXPECT_TRUE(worst.entries().empty());
}

}  // namespace
}  // namespace avocet
