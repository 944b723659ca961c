#include "engine/metrics/classification_scores.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace avocet {
namespace {

TEST(ClassificationScores, CountFirstAndAmongFive) {
  ClassificationScores scores(7);
  // The first is right; the second's label comes fifth; the third's comes sixth.
  const std::vector<float> logits = {9, 1, 1, 1, 1, 1, 1,  //
                                     6, 5, 4, 3, 2, 1, 0,  //
                                     6, 5, 4, 3, 2, 1, 0};
  scores.Add(logits, std::array{0, 4, 5});
  EXPECT_EQ(scores.images(), 3);
  EXPECT_DOUBLE_EQ(scores.top1(), 1.0 / 3);
  EXPECT_DOUBLE_EQ(scores.top5(), 2.0 / 3);
  EXPECT_EQ(scores.confusion().count(4, 0), 1);
}

TEST(ClassificationScores, TakeAsManyRowsAsThereAreLabels) {
  ClassificationScores scores(2);
  scores.Add(std::array{0.0f, 1.0f, 5.0f, 0.0f}, std::array{1});
  scores.Add(std::array{3.0f, 1.0f}, std::array{0});
  EXPECT_EQ(scores.images(), 2);
  EXPECT_EQ(scores.top1(), 1);
  EXPECT_NEAR(scores.loss(), (std::log1p(std::exp(-1.0)) + std::log1p(std::exp(-2.0))) / 2, 1e-12);
}

TEST(ClassificationScores, KeepLargeLogitsFinite) {
  ClassificationScores scores(2);
  scores.Add(std::array{1e30f, 0.0f}, std::array{0});
  EXPECT_EQ(scores.loss(), 0);
}

TEST(ClassificationScores, CountWhatIsNoNumberAsWrong) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  ClassificationScores scores(2);
  scores.Add(std::array{kNan, kNan}, std::array{0});
  EXPECT_EQ(scores.top1(), 0);
  EXPECT_EQ(scores.top5(), 0);
  EXPECT_TRUE(std::isnan(scores.loss()));
}

// A group whose members all hold the same values.
class Twins : public Collective {
 public:
  int rank() const override { return 0; }
  int size() const override { return 2; }
  void Sum(std::span<float> values) override { Double(values); }
  void Sum(std::span<double> values) override { Double(values); }

 private:
  template <typename T>
  static void Double(std::span<T> values) {
    for (T& value : values) value *= 2;
  }
};

TEST(ClassificationScores, AddUpOverAGroup) {
  ClassificationScores scores(2);
  scores.Add(std::array{3.0f, 1.0f, 3.0f, 1.0f}, std::array{0, 1});
  const double loss = scores.loss();
  Twins group;
  scores.SumOver(group);
  EXPECT_EQ(scores.images(), 4);
  EXPECT_EQ(scores.confusion().count(1, 0), 2);
  EXPECT_DOUBLE_EQ(scores.top1(), 0.5);
  EXPECT_DOUBLE_EQ(scores.loss(), loss);
}

}  // namespace
}  // namespace avocet
