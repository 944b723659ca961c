#include "engine/onednn/inference_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "engine/models/zoo.h"
#include "tests/reference/golden.h"
#include "tests/reference/perturb.h"

namespace avocet {
namespace {

constexpr int kSize = 64;

// For twins, one weight is off by `perturbation` (tests/reference/perturb.h).
std::unique_ptr<InferenceModel> Lite0(float perturbation = 0) {
  const Graph graph =
      *(*FindBackbone("tf_efficientnet_lite0"))->build({.height = kSize, .width = kSize});
  Parameters parameters = GoldenParameters(graph, "tf_efficientnet_lite0");
  PerturbWeight(graph, perturbation, parameters);
  return InferenceModel::Create(graph, std::move(parameters));
}

PlanOptions Options(int batch_size, int threads = 1) {
  return {.batch_size = batch_size, .height = kSize, .width = kSize, .threads = threads};
}

std::vector<float> LogitsOf(InferencePlan& plan, float offset) {
  const std::vector<float> values = NamedValues("pixels", plan.input().size());
  std::transform(values.begin(), values.end(), plan.input().begin(),
                 [&](float v) { return v + offset; });
  plan.Run();
  return {plan.logits().begin(), plan.logits().end()};
}

TEST(InferenceModel, PlansShareOneCopyOfTheWeights) {
  const auto model = Lite0();
  const auto first = model->Compile(Options(1));
  ASSERT_TRUE(first.ok()) << first.status();
  const std::size_t bytes = model->weight_bytes();
  const auto second = model->Compile(Options(1));
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(model->weight_bytes(), bytes);
  EXPECT_EQ(model->duplicate_weight_bytes(), 0u);
  const auto wide = model->Compile(Options(4, 2));
  ASSERT_TRUE(wide.ok()) << wide.status();
  EXPECT_EQ(model->weight_bytes(), bytes + model->duplicate_weight_bytes());
}

// Whether a plan of `batch` equal images gives each of them the logits `expected`.
testing::AssertionResult GivesLogits(InferenceModel& model, int batch,
                                     const std::vector<float>& expected) {
  const auto plan = model.Compile(Options(batch, 2));
  EXPECT_TRUE(plan.ok()) << plan.status();
  if (!plan.ok()) return testing::AssertionFailure();
  const std::span<float> input = (*plan)->input();
  const std::vector<float> image =
      NamedValues("pixels", input.size() / static_cast<std::size_t>(batch));
  for (std::size_t i = 0; i < input.size(); ++i) input[i] = image[i % image.size()];
  (*plan)->Run();
  for (std::size_t i = 0; i < (*plan)->logits().size(); ++i) {
    const float found = (*plan)->logits()[i], logit = expected[i % expected.size()];
    // So written that NaN is wrong.
    if (!(std::abs(found - logit) <= 1e-3)) {
      return testing::AssertionFailure()
             << "logit " << i << ": expected " << logit << ", found " << found;
    }
  }
  return testing::AssertionSuccess();
}

TEST(InferenceModel, WeightsPackedFromPackedOnesAreTheSame) {
  const auto model = Lite0();
  const std::vector<float> expected = LogitsOf(**model->Compile(Options(1)), 0.0f);
  for (const int batch : {2, 3}) EXPECT_TRUE(GivesLogits(*model, batch, expected)) << batch;
}

// The twin.
TEST(InferenceModel, OneOtherWeightIsNoticed) {
  const std::vector<float> expected = LogitsOf(**Lite0()->Compile(Options(1)), 0.0f);
  const auto model = Lite0(1);
  for (const int batch : {2, 3}) EXPECT_FALSE(GivesLogits(*model, batch, expected)) << batch;
}

TEST(InferenceModel, RunsOfOnePlanDoNotDependOnThoseBefore) {
  const auto model = Lite0();
  const auto plan = model->Compile(Options(1));
  const std::vector<float> first = LogitsOf(**plan, 0.0f);
  const std::vector<float> other = LogitsOf(**plan, 0.7f);
  EXPECT_NE(first, other);
  EXPECT_EQ(first, LogitsOf(**plan, 0.0f));
}

TEST(InferenceModel, PlansRunSideBySide) {
  const auto model = Lite0();
  const std::vector<float> expected = LogitsOf(**model->Compile(Options(1)), 0.0f);
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&] {
      const auto plan = model->Compile(Options(1));
      ASSERT_TRUE(plan.ok());
      for (int round = 0; round < 5; ++round) EXPECT_EQ(LogitsOf(**plan, 0.0f), expected);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(InferenceModel, CompilesTheStepsOfTheDesign) {
  const auto plan = Lite0()->Compile(Options(1));
  EXPECT_EQ((*plan)->step_count(), 51);
}

TEST(InferenceModel, Float32AfterBFloat16AloneIsRefused) {
  if (!HasBFloat16Instructions()) GTEST_SKIP() << "this CPU has no bfloat16 instructions";
  PlanOptions bf16 = Options(1);
  bf16.precision = Precision::kBFloat16;
  const auto model = Lite0();
  ASSERT_TRUE(model->Compile(bf16).ok());
  EXPECT_EQ(model->Compile(Options(1)).status().code(), absl::StatusCode::kInternal);
  const auto both = Lite0();
  EXPECT_TRUE(both->Compile(Options(1)).ok());
  EXPECT_TRUE(both->Compile(bf16).ok());
}

TEST(InferenceModel, RefusesImpossibleOptions) {
  const auto model = Lite0();
  EXPECT_EQ(model->Compile(Options(0)).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(model->Compile(Options(1, 0)).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(model->Compile({.height = 0, .width = 224}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace avocet
