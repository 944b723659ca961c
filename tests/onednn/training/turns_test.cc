// Row steps of a training plan: what takes turns, and what has no step of its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "engine/graph/builder.h"
#include "engine/kernels/cpu.h"
#include "engine/onednn/training/training_plan.h"
#include "tests/onednn/training/train_step.h"
#include "tests/reference/golden.h"

namespace avocet {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;
using testing::StartsWith;

Graph BuildDepthwise() {
  Builder b({.channels = 3, .height = 8, .width = 8});
  Value x = b.Conv("pw", b.input(), {.out_channels = 16, .kernel = 1});
  x = b.Activation(b.BatchNorm("bn1", x), ActivationKind::kRelu);
  x = b.BatchNorm("bn2", b.Conv("dw", x, {.out_channels = 16, .kernel = 3, .groups = 16}));
  b.Linear("last", b.GlobalAveragePool(x), 5);
  return *(*std::move(b).Finish()).Reshape(2, 8, 8);
}

// Of a plan in which steps take turns as for tensors that are larger than caches.
std::vector<std::string> StepNamesInTurns(const Graph& graph,
                                          const std::set<std::string>& frozen = {}) {
  const auto plan = CompileForTraining(graph, {.frozen = frozen, .turns = {.large_tensor = 0}});
  Parameters parameters = NamedParameters(graph);
  std::vector<std::string> names;
  for (const StepProfile& step : plan->Profile(parameters, 1)) names.push_back(step.name);
  return names;
}

// Those that compute the gradient of what the depthwise convolution reads.
std::vector<std::string> StepsWithItsGradient(const std::set<std::string>& frozen) {
  std::vector<std::string> steps;
  for (const std::string& name : StepNamesInTurns(BuildDepthwise(), frozen)) {
    if (name.find("dw.diff_src") != std::string::npos) steps.push_back(name);
  }
  return steps;
}

// The norm in front has its gradients from the step of dw.diff_weights, so that nobody but its own
// diff_src needs that of its result.
TEST(TrainingPlan, HasNoStepForTheGradientsOfANormInFrontOfADepthwiseConvolution) {
  if (!HasFloat32Kernels()) GTEST_SKIP() << "no row steps here";
  EXPECT_THAT(StepsWithItsGradient({}), ElementsAre(StartsWith("dw.diff_src + bn1.diff_src")));
}

// A gradient that is computed once more is so where it is taken up, and not beside the first.
TEST(TrainingPlan, ComputesGradientsAgainInTheTurnThatNeedsThem) {
  if (!HasFloat32Kernels()) GTEST_SKIP() << "no row steps here";
  EXPECT_THAT(
      StepsWithItsGradient({"dw.weight"}),
      ElementsAre("dw.diff_src + bn1.diff_weights", StartsWith("dw.diff_src + bn1.diff_src")));
}

// Nor is what a depthwise convolution reads: it has the rows it needs computed.
TEST(TrainingPlan, HasNoStepForANormInFrontOfADepthwiseConvolution) {
  if (!HasFloat32Kernels()) GTEST_SKIP() << "no row steps here";
  std::vector<std::string> names;
  for (const std::string& step : StepNamesInTurns(BuildDepthwise())) {
    for (const auto name : absl::StrSplit(step, " + ")) names.emplace_back(name);
  }
  EXPECT_THAT(names, Contains("bn2"));
  EXPECT_THAT(names, Not(Contains("bn1")));
}

}  // namespace
}  // namespace avocet
