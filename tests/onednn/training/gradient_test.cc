// Gradients of every operator, on awkward shapes, against central differences of the
// double-precision reference. Before and behind the operator are a convolution and a linear layer,
// so that gradients of its source are checked too.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "engine/graph/builder.h"
#include "engine/graph/parameter_spec.h"
#include "engine/onednn/inference_model.h"
#include "tests/onednn/training/gradient_cases.h"
#include "tests/onednn/training/train_step.h"
#include "tests/reference/golden.h"
#include "tests/reference/interpreter.h"
#include "tests/reference/perturb.h"

namespace avocet {
namespace {

constexpr int kImages = 3;
constexpr int kClasses = 5;
constexpr double kLossTolerance = 1e-5;  // relative
constexpr double kDistance = 1e-4;       // along a direction
// Of a derivative along a random direction, relative to its typical size.
constexpr double kTolerance = 2e-3;
constexpr double kBFloat16Tolerance = 0.1;  // of a gradient's length

Graph BuildCase(const GradientCase& c) {
  Builder b({.channels = 2, .height = c.height, .width = c.width});
  Value x = b.Conv("first", b.input(), {.out_channels = c.channels, .kernel = 1, .bias = true});
  b.Linear("last", c.build(b, x), kClasses);
  const Graph graph = *std::move(b).Finish();
  return *graph.Reshape(kImages, c.height, c.width);
}

double ReferenceLoss(const Graph& graph, const Parameters& parameters) {
  const std::vector<float> images = NamedImages("input", graph.node(0).shape);
  const std::vector<double> logits =
      InterpretTraining(graph, parameters, std::vector<double>(images.begin(), images.end()));
  const std::vector<float> targets = SoftTargets(kImages, kClasses);
  double loss = 0;
  for (std::size_t row = 0; row < logits.size(); row += kClasses) {
    double sum = 0;
    for (std::size_t c = 0; c < kClasses; ++c) sum += std::exp(logits[row + c]);
    for (std::size_t c = 0; c < kClasses; ++c) {
      loss += targets[row + c] * (std::log(sum) - logits[row + c]);
    }
  }
  return loss / kImages;
}

// The difference of the derivatives of the loss along a random direction of the parameter `name`,
// by `gradient` and by the reference, relative to the typical size of such a derivative.
double DirectionError(const Graph& graph, const std::string& name, std::span<const float> gradient,
                      double floor) {
  Parameters ahead = NamedParameters(graph), behind = NamedParameters(graph);
  const std::vector<float> direction = NamedValues("direction " + name, gradient.size());
  double found = 0;
  for (std::size_t i = 0; i < gradient.size(); ++i) {
    const auto distance = static_cast<float>(kDistance) * direction[i];
    ahead.Get(name)[i] += distance;
    behind.Get(name)[i] -= distance;
    // As float32 has it.
    found += gradient[i] * (double{ahead.Get(name)[i]} - double{behind.Get(name)[i]});
  }
  const double expected = ReferenceLoss(graph, ahead) - ReferenceLoss(graph, behind);
  const double typical = 2 * kDistance * std::max(Norm(gradient), floor) * 0.577;
  return std::abs(found - expected) / typical;
}

class GradientTest : public testing::TestWithParam<GradientCase> {
 protected:
  Graph graph_ = BuildCase(GetParam());
};

// The relative error of the loss of a step of `plan`. For twins, one weight of the plan is off by
// `perturbation` (tests/reference/perturb.h).
double LossError(const Graph& graph, TrainingPlan& plan, float perturbation = 0) {
  Parameters parameters = NamedParameters(graph);
  const double expected = ReferenceLoss(graph, parameters);
  PerturbWeight(graph, perturbation, parameters);
  return std::abs(plan.Step(parameters, {}) - expected) / expected;
}

// `turns`: those of the plan.
void ExpectDifferencesOfTheReference(const Graph& graph, int threads, const TurnOptions& turns) {
  const auto plan = CompileForTraining(graph, {.threads = threads, .turns = turns});
  EXPECT_LT(LossError(graph, *plan), kLossTolerance) << "threads " << threads;
  double largest = 0;
  for (const std::string& name : plan->gradients().names()) {
    largest = std::max(largest, Norm(plan->gradients().Get(name)));
  }
  for (const std::string& name : plan->gradients().names()) {
    // A bias that a batch norm cancels has a gradient of rounding noise.
    EXPECT_LT(DirectionError(graph, name, plan->gradients().Get(name), 1e-3 * largest), kTolerance)
        << name << ", threads " << threads;
  }
}

TEST_P(GradientTest, EqualsDifferencesOfTheReference) {
  for (const int threads : {1, 2}) ExpectDifferencesOfTheReference(graph_, threads, {});
}

// As for tensors that are larger than caches, and with turns of a row or two.
constexpr TurnOptions kSmallTurns = {.bytes = 4 << 10, .large_tensor = 0, .streamed_tensor = 0};

TEST_P(GradientTest, InTurnsEqualsDifferencesOfTheReference) {
  for (const int threads : {1, 2}) {
    ExpectDifferencesOfTheReference(graph_, threads, kSmallTurns);
  }
}

// The twins.
TEST_P(GradientTest, PerturbedWeightIsNoticedInTheLoss) {
  EXPECT_GT(LossError(graph_, *CompileForTraining(graph_, {}), 1), kLossTolerance);
}

TEST_P(GradientTest, PerturbedGradientIsNoticed) {
  const auto plan = CompileForTraining(graph_, {});
  Parameters parameters = NamedParameters(graph_);
  plan->Step(parameters, {});
  const std::span<float> gradient = plan->gradients().Get("first.weight");
  const std::vector<float> direction = NamedValues("direction first.weight", gradient.size());
  const auto shift = static_cast<float>(0.01 * Norm(gradient) / Norm(direction));
  for (std::size_t i = 0; i < gradient.size(); ++i) gradient[i] += shift * direction[i];
  EXPECT_GT(DirectionError(graph_, "first.weight", gradient, 0), kTolerance);
}

// The distance of a bfloat16 plan's gradients from those in float32, relative to their length. One
// number of the plan's is off by `perturbation` of that length.
double BFloat16Error(const Graph& graph, const TurnOptions& turns, double perturbation) {
  const auto exact = CompileForTraining(graph, {});
  Parameters parameters = NamedParameters(graph);
  exact->Step(parameters, {});
  const auto plan = CompileForTraining(graph, {.precision = Precision::kBFloat16, .turns = turns});
  parameters = NamedParameters(graph);
  plan->Step(parameters, {});
  double square = 0;
  for (const std::string& name : exact->gradients().names()) {
    square += std::pow(Norm(exact->gradients().Get(name)), 2);
  }
  plan->gradients().Get("first.weight").front() +=
      static_cast<float>(perturbation * std::sqrt(square));
  double error = 0;
  for (const std::string& name : plan->gradients().names()) {
    const std::span<const float> expected = exact->gradients().Get(name);
    const std::span<const float> found = plan->gradients().Get(name);
    for (std::size_t i = 0; i < found.size(); ++i) {
      error += std::pow(double{found[i]} - expected[i], 2);
    }
  }
  return std::sqrt(error / square);
}

TEST_P(GradientTest, InBFloat16IsNearFloat32) {
  if (!HasBFloat16Instructions()) GTEST_SKIP() << "this CPU has no bfloat16 instructions";
  EXPECT_LT(BFloat16Error(graph_, {}, 0), kBFloat16Tolerance);
}

TEST_P(GradientTest, InBFloat16InTurnsIsNearFloat32) {
  if (!HasBFloat16Instructions()) GTEST_SKIP() << "this CPU has no bfloat16 instructions";
  EXPECT_LT(BFloat16Error(graph_, kSmallTurns, 0), kBFloat16Tolerance);
}

// The twin. By twice the tolerance: rounding takes back less than half of it.
TEST_P(GradientTest, InBFloat16PerturbedGradientIsNoticed) {
  if (!HasBFloat16Instructions()) GTEST_SKIP() << "this CPU has no bfloat16 instructions";
  EXPECT_GT(BFloat16Error(graph_, {}, 2 * kBFloat16Tolerance), kBFloat16Tolerance);
}

INSTANTIATE_TEST_SUITE_P(All, GradientTest, testing::ValuesIn(GradientCases()),
                         [](const auto& param_info) { return param_info.param.name; });

}  // namespace
}  // namespace avocet
