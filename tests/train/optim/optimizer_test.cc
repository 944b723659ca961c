#include "engine/train/optim/optimizer.h"

#include <omp.h>

#include <cmath>
#include <string>
#include <vector>

#include "engine/train/optim/gradient_norm.h"
#include "engine/train/optim/moving_average.h"
#include "gtest/gtest.h"

namespace avocet {
namespace {

constexpr int kPeriod = 5;  // of the values in optimizer_table.py
constexpr int kSteps = 6;
constexpr int kCount = 37;  // whole vectors and a rest, whatever the instruction set

float Value(int i) { return 0.2f * static_cast<float>(i % kPeriod) - 0.3f; }
float Gradient(int step, int i) {
  return 0.05f * static_cast<float>((3 * (i % kPeriod) + 5 * step) % 11) - 0.2f;
}

struct Case {
  std::string name;
  OptimizerOptions options;
  std::vector<double> expected;  // from optimizer_table.py
};

class OptimizerTest : public testing::TestWithParam<Case> {};

TEST_P(OptimizerTest, MatchesPyTorch) {
  const std::vector<ParameterSpec> specs = {{"w", {kCount, 1}}};
  Parameters parameters(specs), gradients(specs);
  for (int i = 0; i < kCount; ++i) parameters.Get("w")[static_cast<std::size_t>(i)] = Value(i);
  Optimizer optimizer(GetParam().options, TrainedParameters(specs));
  for (int step = 0; step < kSteps; ++step) {
    // Half the scale on gradients twice as large.
    for (int i = 0; i < kCount; ++i) {
      gradients.Get("w")[static_cast<std::size_t>(i)] = 2 * Gradient(step, i);
    }
    optimizer.Step(parameters, gradients,
                   {.learning_rate = 0.1 / (1 + step), .gradient_scale = 0.5});
  }
  for (int i = 0; i < kCount; ++i) {
    EXPECT_NEAR(parameters.Get("w")[static_cast<std::size_t>(i)],
                GetParam().expected[static_cast<std::size_t>(i % kPeriod)], 2e-6)
        << i;
  }
  EXPECT_EQ(optimizer.state().Get("w.steps")[0], kSteps);
}

INSTANTIATE_TEST_SUITE_P(
    Table, OptimizerTest,
    testing::Values(
        Case{"sgd",
             {.kind = OptimizerKind::kSgd, .weight_decay = 0.05},
             {-0.289231029, -0.108312256, 0.0759854417, 0.231698903, 0.509408856}},
        Case{"nesterov",
             {.kind = OptimizerKind::kSgd, .weight_decay = 0.05, .nesterov = true},
             {-0.283771516, -0.1103398, 0.0640159809, 0.208498644, 0.511474658}},
        Case{"adam",
             {.kind = OptimizerKind::kAdam, .weight_decay = 0.05, .beta2 = 0.99, .epsilon = 1e-6},
             {-0.201979342, -0.0427163698, -0.00416338974, 0.12209077, 0.599958548}},
        Case{"adamw",
             {.kind = OptimizerKind::kAdamW, .weight_decay = 0.05, .beta2 = 0.99, .epsilon = 1e-6},
             {-0.206767801, -0.0444314286, -0.00298459114, 0.124701118, 0.619765309}},
        Case{"rmsprop",
             {.kind = OptimizerKind::kRmsProp, .weight_decay = 0.05, .epsilon = 1e-3},
             {-0.249658953, -0.109686602, 0.0541686836, 0.152382736, 0.53349679}}),
    [](const auto& row) { return row.param.name; });

TEST(OptimizerTest, SparesBiasesAndNormsFromDecay) {
  const std::vector<ParameterSpec> specs = {{"conv.weight", {2, 2, 1, 1}},
                                            {"conv.bias", {2}},
                                            {"bn.weight", {2}},
                                            {"bn.running_mean", {2}, false}};
  const std::vector<TrainedParameter> trained = TrainedParameters(specs);
  ASSERT_EQ(trained.size(), 3u);
  EXPECT_TRUE(trained[0].decays);
  EXPECT_FALSE(trained[1].decays);
  EXPECT_FALSE(trained[2].decays);

  Parameters parameters(specs);
  const Parameters gradients(specs);  // zero: only decay moves anything
  for (const ParameterSpec& spec : specs) {
    for (float& value : parameters.Get(spec.name)) value = 1;
  }
  Optimizer optimizer({.kind = OptimizerKind::kAdamW, .weight_decay = 0.5}, trained);
  optimizer.Step(parameters, gradients, {.learning_rate = 0.1});
  EXPECT_FLOAT_EQ(parameters.Get("conv.weight")[0], 0.95f);
  EXPECT_EQ(parameters.Get("conv.bias")[0], 1);
  EXPECT_EQ(parameters.Get("bn.weight")[0], 1);
  EXPECT_EQ(parameters.Get("bn.running_mean")[0], 1);
}

TEST(OptimizerTest, DecaysAllIfAsked) {
  const std::vector<ParameterSpec> specs = {{"conv.weight", {1, 1, 1, 1}}, {"conv.bias", {1}}};
  Parameters parameters(specs);
  const Parameters gradients(specs);
  for (const ParameterSpec& spec : specs) parameters.Get(spec.name)[0] = 1;
  Optimizer optimizer({.kind = OptimizerKind::kAdamW, .weight_decay = 0.5, .decays_all = true},
                      TrainedParameters(specs));
  optimizer.Step(parameters, gradients, {.learning_rate = 0.1});
  EXPECT_FLOAT_EQ(parameters.Get("conv.weight")[0], 0.95f);
  EXPECT_FLOAT_EQ(parameters.Get("conv.bias")[0], 0.95f);
}

TEST(OptimizerTest, LeavesParametersWithoutGradientAlone) {
  const std::vector<ParameterSpec> specs = {{"a", {3, 1}}, {"b", {3, 1}}};
  Parameters parameters(specs);
  for (float& value : parameters.Get("a")) value = 1;
  Parameters gradients(std::vector<ParameterSpec>{specs[1]});
  for (float& value : gradients.Get("b")) value = 1;
  Optimizer optimizer({.weight_decay = 0.5}, TrainedParameters(specs));
  optimizer.Step(parameters, gradients, {.learning_rate = 0.1});
  EXPECT_EQ(parameters.Get("a")[2], 1);
  EXPECT_EQ(optimizer.state().Get("a.steps")[0], 0);
  EXPECT_NEAR(parameters.Get("b")[2], -0.1f, 1e-6);
}

// A parameter of several chunks and a small one, moved by two teams.
TEST(OptimizerTest, SameBitsForAnyTeam) {
  const std::vector<ParameterSpec> specs = {{"large", {100'003, 1}}, {"small", {7, 1}}};
  const auto run = [&](int threads) {
    const int outside = omp_get_max_threads();
    omp_set_num_threads(threads);
    Parameters parameters(specs), gradients(specs);
    for (const ParameterSpec& spec : specs) {
      int i = 0;
      for (float& value : gradients.Get(spec.name)) value = std::sin(static_cast<float>(i++));
    }
    Optimizer optimizer({}, TrainedParameters(specs));
    MovingAverage average(0.99, specs, parameters);
    for (int step = 0; step < 3; ++step) {
      const double scale = ClipFactor(GradientNorm(gradients), 1.0);
      optimizer.Step(parameters, gradients, {.learning_rate = 0.1, .gradient_scale = scale});
      average.Update(parameters);
    }
    omp_set_num_threads(outside);
    const std::span<const float> values = average.values().Get("large");
    return std::vector<float>(values.begin(), values.end());
  };
  EXPECT_EQ(run(1), run(3));
}

TEST(GradientNormTest, CoversAllViewsAndClips) {
  Parameters gradients(std::vector<ParameterSpec>{{"a", {20'000}}, {"b", {1}}});
  for (float& value : gradients.Get("a")) value = 0.5f;
  gradients.Get("b")[0] = -12;
  const double norm = GradientNorm(gradients);
  EXPECT_NEAR(norm, std::sqrt(5000.0 + 144.0), 1e-9);
  EXPECT_NEAR(ClipFactor(norm, 2.0), 2.0 / norm, 1e-7);
  EXPECT_EQ(ClipFactor(norm, 100.0), 1.0);
  EXPECT_EQ(ClipFactor(norm, 0), 1.0);
}

TEST(MovingAverageTest, WarmsUpItsDecay) {
  const std::vector<ParameterSpec> specs = {{"w", {3}}, {"bn.running_var", {1}, false}};
  Parameters parameters(specs);
  MovingAverage average(0.3, specs, parameters);
  double expected = 0;
  for (int t = 0; t < 8; ++t) {
    for (float& value : parameters.Get("w")) value = static_cast<float>(t);
    parameters.Get("bn.running_var")[0] = static_cast<float>(t);
    average.Update(parameters);
    const double decay = std::min(0.3, (1.0 + t) / (10.0 + t));
    expected = decay * expected + (1 - decay) * t;
    EXPECT_NEAR(average.values().Get("w")[2], expected, 1e-5);
    EXPECT_NEAR(average.values().Get("bn.running_var")[0], expected, 1e-5);
  }
  EXPECT_EQ(average.updates(), 8);
}

TEST(OptimizerTest, NamesRoundTrip) {
  for (const char* name : {"sgd", "adam", "adamw", "rmsprop"}) {
    EXPECT_EQ(OptimizerName(*ParseOptimizer(name)), name);
  }
  EXPECT_EQ(ParseOptimizer("lion").status().message(),
            "expected an optimizer (sgd, adam, adamw, rmsprop), found \"lion\"");
}

}  // namespace
}  // namespace avocet
