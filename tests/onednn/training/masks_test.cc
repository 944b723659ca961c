// Masks of dropout and drop path, seen through networks that end in them: their logits are those of
// the same network without, times 0 or 1 / (1 - rate).
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/graph/builder.h"
#include "engine/onednn/inference_model.h"
#include "tests/onednn/training/train_step.h"
#include "tests/reference/golden.h"

namespace avocet {
namespace {

constexpr float kRate = 0.3f;
constexpr std::size_t kClasses = 40;

enum class Drop { kNone, kDropout, kDropoutTwice, kDropPath };

Graph BuildNetwork(Drop drop, int images) {
  Builder b({.channels = 3, .height = 1, .width = 1});
  Value x = b.Linear("last", b.input(), kClasses);
  if (drop == Drop::kDropout || drop == Drop::kDropoutTwice) x = b.Dropout(x, kRate);
  if (drop == Drop::kDropoutTwice) x = b.Dropout(x, kRate);
  if (drop == Drop::kDropPath) x = b.DropPath(x, kRate);
  return *(*std::move(b).Finish()).Reshape(images, 1, 1);
}

// [images, classes] and the gradient of the bias, of one step.
struct Trace {
  std::vector<float> logits;
  std::vector<float> diff_bias;
};

Trace TraceOf(Drop drop, int images, std::uint64_t seed, const TrainingPlanOptions& options = {}) {
  const Graph graph = BuildNetwork(drop, images);
  const auto plan = CompileForTraining(graph, options);
  Parameters parameters = NamedParameters(graph);
  plan->Step(parameters, {.seed = seed});
  const std::span<const float> logits = plan->logits();
  const std::span<const float> diff = plan->gradients().Get("last.bias");
  return {{logits.begin(), logits.end()}, {diff.begin(), diff.end()}};
}

double ShareOfZeros(const std::vector<float>& values) {
  return static_cast<double>(std::ranges::count(values, 0.0f)) / static_cast<double>(values.size());
}

TEST(Dropout, ZeroesAtItsRateAndScalesTheRest) {
  const Trace whole = TraceOf(Drop::kNone, 100, 1);
  const Trace dropped = TraceOf(Drop::kDropout, 100, 1);
  ASSERT_EQ(ShareOfZeros(whole.logits), 0);
  for (std::size_t i = 0; i < whole.logits.size(); ++i) {
    if (dropped.logits[i] == 0) continue;
    EXPECT_FLOAT_EQ(dropped.logits[i], whole.logits[i] / (1 - kRate));
  }
  // Four standard deviations of a mean of 4000 draws.
  EXPECT_NEAR(ShareOfZeros(dropped.logits), kRate, 0.03);
}

TEST(Dropout, BackwardPassDrawsTheSameMask) {
  const Trace dropped = TraceOf(Drop::kDropout, /*images=*/2, 5);
  int without = 0;
  for (std::size_t c = 0; c < kClasses; ++c) {
    const bool is_dropped = dropped.logits[c] == 0 && dropped.logits[kClasses + c] == 0;
    EXPECT_EQ(dropped.diff_bias[c] == 0, is_dropped) << "class " << c;
    without += is_dropped;
  }
  EXPECT_GT(without, 0);
}

TEST(Dropout, NodesHaveMasksOfTheirOwn) {
  const Trace dropped = TraceOf(Drop::kDropoutTwice, 100, 1);
  EXPECT_NEAR(1 - ShareOfZeros(dropped.logits), (1 - kRate) * (1 - kRate), 0.03);
}

TEST(DropPath, DropsWholeImages) {
  constexpr int kImages = 400;
  const Trace whole = TraceOf(Drop::kNone, kImages, 1);
  const Trace dropped = TraceOf(Drop::kDropPath, kImages, 1);
  int without = 0;
  for (std::size_t row = 0; row < whole.logits.size(); row += kClasses) {
    const bool is_dropped = dropped.logits[row] == 0;
    without += is_dropped;
    for (std::size_t i = row; i < row + kClasses; ++i) {
      EXPECT_FLOAT_EQ(dropped.logits[i], is_dropped ? 0 : whole.logits[i] / (1 - kRate));
    }
  }
  // Three standard deviations of a mean of 400 draws.
  EXPECT_NEAR(without / double{kImages}, kRate, 0.07);
}

TEST(DropPath, BackwardPassDropsTheSameImages) {
  std::uint64_t seed = 0;
  const auto drops_the_image = [&] {
    return TraceOf(Drop::kDropPath, /*images=*/1, seed).logits[0] == 0;
  };
  while (!drops_the_image()) ++seed;
  EXPECT_EQ(ShareOfZeros(TraceOf(Drop::kDropPath, 1, seed).diff_bias), 1);
  while (drops_the_image()) ++seed;
  EXPECT_EQ(ShareOfZeros(TraceOf(Drop::kDropPath, 1, seed).diff_bias), 0);
}

class MaskTest : public testing::TestWithParam<Drop> {};

TEST_P(MaskTest, IsAFunctionOfTheSeed) {
  const Trace once = TraceOf(GetParam(), 50, 1);
  EXPECT_EQ(TraceOf(GetParam(), 50, 1).logits, once.logits);
  EXPECT_NE(TraceOf(GetParam(), 50, 2).logits, once.logits);
}

TEST_P(MaskTest, DoesNotDependOnThreadsOrPrecision) {
  const Trace once = TraceOf(GetParam(), 50, 1);
  for (const TrainingPlanOptions& options :
       {TrainingPlanOptions{.threads = 2},
        TrainingPlanOptions{.precision = Precision::kBFloat16}}) {
    if (options.precision == Precision::kBFloat16 && !HasBFloat16Instructions()) continue;
    const Trace other = TraceOf(GetParam(), 50, 1, options);
    for (std::size_t i = 0; i < once.logits.size(); ++i) {
      ASSERT_EQ(other.logits[i] == 0, once.logits[i] == 0) << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, MaskTest,
                         testing::Values(Drop::kDropout, Drop::kDropoutTwice, Drop::kDropPath));

}  // namespace
}  // namespace avocet
