// A norm in front of a squeeze-and-excite block, beyond what gradient_test checks: what is frozen,
// and what has no step of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "engine/graph/builder.h"
#include "tests/onednn/training/train_step.h"
#include "tests/reference/golden.h"

namespace avocet {
namespace {

using testing::Contains;
using testing::Not;

constexpr double kTolerance = 1e-4;       // of the largest number of a gradient
constexpr double kSlopeTolerance = 0.02;  // relative

Graph BuildGated() {
  Builder b({.channels = 3, .height = 6, .width = 5});
  Value x = b.Conv("first", b.input(), {.out_channels = 16, .kernel = 3, .bias = true});
  x = b.Activation(b.BatchNorm("bn", x), ActivationKind::kSilu);
  const Value gate =
      b.Conv("se", b.GlobalAveragePool(x), {.out_channels = 16, .kernel = 1, .bias = true});
  x = b.ChannelScale(x, b.Activation(gate, ActivationKind::kSigmoid));
  b.Linear("last", b.GlobalAveragePool(x), 5);
  return *(*std::move(b).Finish()).Reshape(3, 6, 5);
}

TEST(GatedNorm, LetsGradientsThroughWithFixedStatistics) {
  const Graph graph = BuildGated();
  const auto plan = CompileForTraining(graph, {.frozen = {"bn.weight", "bn.bias"}});
  Parameters parameters = NamedParameters(graph);
  plan->Step(parameters, {});
  const std::span<const float> found = plan->gradients().Get("first.bias");
  std::vector<float> gradient(found.begin(), found.end());
  ASSERT_GT(Norm(gradient), 0);
  EXPECT_LT(SlopeError(graph, *plan, "first.bias", gradient), kSlopeTolerance);
  // The twin. With one number off by the gradient's length, the loss rises by half of the new one.
  gradient.front() += static_cast<float>(Norm(gradient));
  EXPECT_GT(SlopeError(graph, *plan, "first.bias", gradient), kSlopeTolerance);
}

// Nothing below the gate gets a gradient then.
TEST(GatedNorm, GivesTheGateItsGradientAlone) {
  const Graph graph = BuildGated();
  const auto gate =
      CompileForTraining(graph, {.frozen = {"first.weight", "first.bias", "bn.weight", "bn.bias"}});
  Parameters parameters = NamedParameters(graph);
  gate->Step(parameters, {});
  // With the norm frozen alone, statistics are the same.
  const auto all = CompileForTraining(graph, {.frozen = {"bn.weight", "bn.bias"}});
  all->Step(parameters, {});
  EXPECT_LT(Difference(gate->gradients().Get("se.weight"), all->gradients().Get("se.weight")),
            kTolerance);
  EXPECT_GT(Norm(gate->gradients().Get("se.weight")), 0);
  EXPECT_EQ(gate->gradient_order().size(), 4u);
}

TEST(GatedNorm, ResultIsNeverInMemory) {
  const Graph graph = BuildGated();
  Parameters parameters = NamedParameters(graph);
  std::set<std::string> names;
  for (const StepProfile& step : CompileForTraining(graph, {})->Profile(parameters, 1)) {
    names.insert(step.name);
  }
  const Node& pool = graph.node(graph.Consumers()[3][0]);
  EXPECT_THAT(names, Contains("bn + " + pool.name));
  EXPECT_THAT(names, Not(Contains("bn")));
}

}  // namespace
}  // namespace avocet
