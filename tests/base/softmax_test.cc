#include "engine/base/softmax.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

namespace avocet {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::IsEmpty;

TEST(Softmax, MatchesTheDefinition) {
  const std::vector<float> logits = {1.0f, 2.0f, 3.0f};
  std::vector<float> probabilities(3);
  Softmax(logits, probabilities);
  EXPECT_THAT(probabilities,
              ElementsAre(FloatNear(0.09003057f, 1e-6f), FloatNear(0.24472848f, 1e-6f),
                          FloatNear(0.66524094f, 1e-6f)));
}

TEST(Softmax, SurvivesLogitsWhoseExponentialOverflows) {
  std::vector<float> values = {1000.0f, 999.0f, -1000.0f};
  Softmax(values, values);
  EXPECT_NEAR(values[0], 0.7310586f, 1e-6f);
  EXPECT_NEAR(values[1], 0.2689414f, 1e-6f);
  EXPECT_EQ(values[2], 0.0f);
}

TEST(Softmax, SumsToOneOverManyClasses) {
  std::vector<float> values(1000);
  for (size_t i = 0; i < values.size(); ++i) values[i] = std::sin(static_cast<float>(i)) * 8;
  Softmax(values, values);
  EXPECT_NEAR(std::accumulate(values.begin(), values.end(), 0.0), 1.0, 1e-5);
}

TEST(Softmax, ShowsALogitThatIsNotANumberInEveryProbability) {
  std::vector<float> values = {1.0f, std::numeric_limits<float>::quiet_NaN(), 2.0f};
  Softmax(values, values);
  for (const float value : values) EXPECT_TRUE(std::isnan(value));
}

TEST(TopK, OrdersByValueThenByLowerPosition) {
  const std::vector<float> values = {0.1f, 0.4f, 0.1f, 0.4f, 0.9f};
  std::vector<int> indices;
  TopK(values, 4, indices);
  EXPECT_THAT(indices, ElementsAre(4, 1, 3, 0));
}

TEST(TopK, IsCutToTheNumberOfValues) {
  std::vector<int> indices;
  TopK(std::vector<float>{1.0f, 2.0f}, 5, indices);
  EXPECT_THAT(indices, ElementsAre(1, 0));
  TopK(std::vector<float>{1.0f, 2.0f}, 0, indices);
  EXPECT_THAT(indices, IsEmpty());
}

TEST(TopK, RanksNotANumberLast) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::vector<int> indices;
  TopK(std::vector<float>{nan, 1.0f, nan, 2.0f}, 4, indices);
  EXPECT_THAT(indices, ElementsAre(3, 1, 0, 2));
}

}  // namespace
}  // namespace avocet
