// What a training plan promises besides right gradients: options, order, repeats.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "engine/graph/builder.h"
#include "engine/kernels/cpu.h"
#include "engine/onednn/inference_model.h"
#include "tests/onednn/training/train_step.h"
#include "tests/reference/golden.h"
#include "tests/reference/perturb.h"

namespace avocet {
namespace {

constexpr int kImages = 4;
constexpr int kSize = 6;
constexpr double kLossTolerance = 1e-5;   // relative
constexpr double kTolerance = 1e-4;       // of the largest number of a gradient
constexpr double kSlopeTolerance = 0.02;  // relative

Graph BuildNetwork(int images = kImages) {
  Builder b({.channels = 3, .height = kSize, .width = kSize});
  Value x = b.Conv("first", b.input(), {.out_channels = 16, .kernel = 3, .bias = true});
  x = b.Activation(b.BatchNorm("bn1", x), ActivationKind::kSilu);
  x = b.Conv("second", x, {.out_channels = 16, .kernel = 3});
  x = b.Activation(b.BatchNorm("bn2", x), ActivationKind::kSilu);
  b.Linear("last", b.GlobalAveragePool(x), 5);
  return *(*std::move(b).Finish()).Reshape(images, kSize, kSize);
}

const std::set<std::string> kFirstBlock = {"first.weight", "first.bias", "bn1.weight", "bn1.bias"};

std::vector<float> Copy(std::span<const float> values) { return {values.begin(), values.end()}; }

// The parameters, with the statistics of the plan's batch as running statistics of `norm`.
Parameters WithStatisticsOfBatch(const Graph& graph, const std::string& norm) {
  Parameters before = NamedParameters(graph), after = NamedParameters(graph);
  CompileForTraining(graph, {})->Step(after, {});
  const double count = kImages * kSize * kSize;
  for (const bool is_variance : {false, true}) {
    const std::string name = norm + (is_variance ? ".running_var" : ".running_mean");
    for (std::size_t c = 0; c < before.Get(name).size(); ++c) {
      // A tenth of the step's statistics, of which the variance is the unbiased one.
      const double moved = (double{after.Get(name)[c]} - 0.9 * before.Get(name)[c]) / 0.1;
      before.Get(name)[c] = static_cast<float>(is_variance ? moved * (count - 1) / count : moved);
    }
  }
  return before;
}

TEST(FrozenParameters, HaveNoGradientAndNothingBelowIsComputed) {
  const Graph graph = BuildNetwork();
  const auto plan = CompileForTraining(graph, {.frozen = kFirstBlock});
  for (const std::string& name : kFirstBlock) EXPECT_FALSE(plan->gradients().Has(name)) << name;
  EXPECT_TRUE(plan->gradients().Has("second.weight"));
  EXPECT_EQ(plan->gradient_order().size(), plan->gradients().names().size());
  Parameters parameters = NamedParameters(graph);
  for (const StepProfile& step : plan->Profile(parameters, 1)) {
    for (const std::string& name : std::vector<std::string>(absl::StrSplit(step.name, " + "))) {
      EXPECT_FALSE(name.starts_with("first.diff")) << step.name;
      EXPECT_FALSE(name.starts_with("bn1.diff")) << step.name;
      EXPECT_NE(name, "second.diff_src") << step.name;
    }
  }
}

TEST(FrozenParameters, StayAsTheyAre) {
  const Graph graph = BuildNetwork();
  const auto plan = CompileForTraining(graph, {.frozen = kFirstBlock});
  const Parameters before = NamedParameters(graph);
  Parameters parameters = NamedParameters(graph);
  plan->Step(parameters, {});
  for (const std::string& name : before.names()) {
    const bool moves = name == "bn2.running_mean" || name == "bn2.running_var";
    EXPECT_EQ(Copy(parameters.Get(name)) != Copy(before.Get(name)), moves) << name;
  }
}

TEST(FrozenBatchNorm, UsesRunningStatistics) {
  const Graph graph = BuildNetwork();
  const auto free = CompileForTraining(graph, {});
  const auto frozen = CompileForTraining(graph, {.frozen = kFirstBlock});
  Parameters parameters = WithStatisticsOfBatch(graph, "bn1");
  Parameters moving = NamedParameters(graph);
  const double loss = free->Step(moving, {});
  const auto difference = [&] {
    return Difference(frozen->gradients().Get("second.weight"),
                      free->gradients().Get("second.weight"));
  };
  EXPECT_NEAR(frozen->Step(parameters, {}), loss, kLossTolerance * loss);
  EXPECT_LT(difference(), kTolerance);
  // The twin.
  parameters.Get("bn1.running_mean")[0] += 1.0f;
  EXPECT_GT(std::abs(frozen->Step(parameters, {}) - loss), kLossTolerance * loss);
  EXPECT_GT(difference(), kTolerance);
}

TEST(FrozenBatchNorm, LetsGradientsThrough) {
  const Graph graph = BuildNetwork();
  const auto plan = CompileForTraining(graph, {.frozen = {"bn1.weight", "bn1.bias"}});
  Parameters parameters = NamedParameters(graph);
  plan->Step(parameters, {});
  std::vector<float> gradient = Copy(plan->gradients().Get("first.bias"));
  // Statistics of the batch would cancel a bias.
  ASSERT_GT(Norm(gradient), 0);
  EXPECT_LT(SlopeError(graph, *plan, "first.bias", gradient), kSlopeTolerance);
  // The twin. With one number off by the gradient's length, the loss rises by half of the new one.
  gradient.front() += static_cast<float>(Norm(gradient));
  EXPECT_GT(SlopeError(graph, *plan, "first.bias", gradient), kSlopeTolerance);
}

TEST(TrainingPlan, AccumulatesScaledGradients) {
  const Graph graph = BuildNetwork();
  const Shape shape = graph.node(0).shape;
  const auto plan = CompileForTraining(graph, {});
  Parameters parameters = NamedParameters(graph);
  const double loss = plan->Step(parameters, {});
  std::vector<std::vector<float>> expected;
  for (const std::string& name : plan->gradient_order()) {
    expected.push_back(Copy(plan->gradients().Get(name)));
  }
  FillImages(*plan, shape, NamedImages("others", shape));
  plan->Step(parameters, {});
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const std::span<const float> other = plan->gradients().Get(plan->gradient_order()[i]);
    for (std::size_t j = 0; j < other.size(); ++j) {
      expected[i][j] = 0.25f * expected[i][j] + 0.75f * other[j];
    }
  }

  // In the twin one pixel of the second step is twice as large.
  for (const bool perturbed : {false, true}) {
    FillImages(*plan, shape, NamedImages("others", shape));
    plan->Step(parameters, {.gradient_scale = 0.75f});
    std::vector<float> images = NamedImages("input", shape);
    if (perturbed) PerturbPixel(1, images);
    FillImages(*plan, shape, images);
    const double found = plan->Step(parameters, {.accumulate = true, .gradient_scale = 0.25f});
    EXPECT_EQ(std::abs(found - loss) <= kLossTolerance * loss, !perturbed) << found << ", " << loss;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const std::string& name = plan->gradient_order()[i];
      if (name == "first.bias") continue;  // the norm cancels it: rounding noise
      const double difference = Difference(plan->gradients().Get(name), expected[i]);
      EXPECT_EQ(difference <= kTolerance, !perturbed) << name << " by " << difference;
    }
  }
}

TEST(TrainingPlan, TellsFinalGradientsInTheirOrder) {
  const auto plan = CompileForTraining(BuildNetwork(), {.threads = 2});
  std::vector<std::string> order;
  std::vector<std::vector<float>> gradients;
  plan->set_on_gradient([&](const std::string& name) {
    order.push_back(name);
    gradients.push_back(Copy(plan->gradients().Get(name)));
  });
  Parameters parameters = NamedParameters(BuildNetwork());
  plan->Step(parameters, {});
  EXPECT_EQ(order, plan->gradient_order());
  for (std::size_t i = 0; i < order.size(); ++i) {
    EXPECT_EQ(gradients[i], Copy(plan->gradients().Get(order[i]))) << order[i];
  }
  EXPECT_TRUE(order.front().starts_with("last."));
  EXPECT_TRUE(order.back().starts_with("first."));
  std::vector<std::string> names = plan->gradients().names();
  std::ranges::sort(order);
  std::ranges::sort(names);
  EXPECT_EQ(order, names);
}

TEST(TrainingPlan, SaysThatTheCpuHasNoBFloat16) {
  if (HasBFloat16Instructions()) GTEST_SKIP() << "this CPU has bfloat16 instructions";
  const auto plan = TrainingPlan::Compile(BuildNetwork(), {.precision = Precision::kBFloat16});
  EXPECT_EQ(plan.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(plan.status().message().find("float32 works everywhere"), std::string::npos);
}

TEST(TrainingPlan, RepeatsToTheLastBit) {
  const Graph graph = BuildNetwork();
  for (const Precision precision : {Precision::kFloat32, Precision::kBFloat16}) {
    if (precision == Precision::kBFloat16 && !HasBFloat16Instructions()) continue;
    for (const int threads : {1, 2}) {
      double loss = 0;
      std::vector<std::vector<float>> first;
      for (const int run : {0, 1, 2}) {
        const auto plan = CompileForTraining(graph, {.threads = threads, .precision = precision});
        Parameters parameters = NamedParameters(graph);
        if (run == 2) {  // what a step leaves behind does not matter to the next
          plan->Step(parameters, {});
          parameters = NamedParameters(graph);
        }
        const double found = plan->Step(parameters, {});
        std::vector<std::vector<float>> values;
        for (const std::string& name : plan->gradient_order()) {
          values.push_back(Copy(plan->gradients().Get(name)));
        }
        values.push_back(Copy(parameters.Get("bn1.running_var")));
        if (run == 0) {
          loss = found;
          first = values;
        }
        EXPECT_EQ(found, loss) << "threads " << threads;
        EXPECT_EQ(values, first) << "threads " << threads;
      }
    }
  }
}

std::string Refusal(const Graph& graph, const TrainingPlanOptions& options) {
  const auto plan = TrainingPlan::Compile(graph, options);
  EXPECT_EQ(plan.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(plan.status().message());
}

TEST(TrainingPlan, RefusesWhatItCannotTrain) {
  const Graph graph = BuildNetwork();
  const TrainingPlanOptions good = {.batch_size = 1, .height = kSize, .width = kSize};
  ASSERT_TRUE(TrainingPlan::Compile(graph, good).ok());
  TrainingPlanOptions options = good;
  options.batch_size = 0;
  EXPECT_NE(Refusal(graph, options).find("batch of 0"), std::string::npos);
  options = good;
  options.threads = 0;
  EXPECT_NE(Refusal(graph, options).find("0 threads"), std::string::npos);
  options = good;
  options.precision = Precision::kInt8;
  EXPECT_NE(Refusal(graph, options).find("int8"), std::string::npos);
  options = good;
  options.frozen = {"first.weight", "fisrt.bias"};
  EXPECT_NE(Refusal(graph, options).find("\"fisrt.bias\""), std::string::npos);

  Builder map({.channels = 3, .height = kSize, .width = kSize});
  map.Conv("first", map.input(), {.out_channels = 4, .kernel = 3});
  EXPECT_NE(Refusal(*std::move(map).Finish(), good).find("[N, classes, 1, 1]"), std::string::npos);

  Builder valid({.channels = 3, .height = kSize, .width = kSize});
  valid.GlobalAveragePool(valid.Conv("first", valid.input(),
                                     {.out_channels = 4, .kernel = 5, .padding = Padding::kValid}));
  options = good;
  options.height = 3;
  EXPECT_NE(Refusal(*std::move(valid).Finish(), options), "");
}

// Forward with the tiles whose rounding errors are a plain sum's, backward with the cheaper ones.
TEST(TrainingPlan, TakesWinogradWhereItPays) {
  if (!HasFloat32Kernels()) GTEST_SKIP() << "this CPU has no kernels of our own";
  Builder b({.channels = 3, .height = 16, .width = 16});
  const Value x = b.Conv("first", b.input(), {.out_channels = 16, .kernel = 3});
  b.Linear("last", b.GlobalAveragePool(b.Conv("second", x, {.out_channels = 16, .kernel = 3})), 5);
  const Graph graph = *std::move(b).Finish();
  const auto plan = CompileForTraining(graph, {});
  Parameters parameters = NamedParameters(graph);
  std::map<std::string, std::string> implementations;
  for (const StepProfile& step : plan->Profile(parameters, 1)) {
    implementations[step.name] = step.implementation;
  }
  EXPECT_EQ(implementations.at("first").find("winograd"), std::string::npos);
  EXPECT_EQ(implementations.at("second"), "own_winograd2:highway");
  EXPECT_EQ(implementations.at("second.diff_weights"), "own_winograd4:highway");
  EXPECT_EQ(implementations.at("second.diff_src"), "own_winograd4:highway");
}

}  // namespace
}  // namespace avocet
