// Gradients of every operator, on awkward shapes, against central differences of the
// double-precision reference. Before and behind the operator are a convolution and a linear layer,
// so that gradients of its source are checked too.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "engine/graph/builder.h"
#include "engine/graph/parameter_spec.h"
#include "engine/onednn/inference_model.h"
#include "tests/onednn/training/train_step.h"
#include "tests/reference/golden.h"
#include "tests/reference/interpreter.h"

namespace avocet {
namespace {

constexpr int kImages = 3;
constexpr int kClasses = 5;
constexpr double kDistance = 1e-4;  // along a direction
// Of a derivative along a random direction, relative to its typical size.
constexpr double kTolerance = 2e-3;
constexpr double kBFloat16Tolerance = 0.1;  // of a gradient's length

struct Case {
  std::string name;
  int channels;
  int height;
  int width;
  Value (*build)(Builder& b, Value x);
};

const Case kCases[] = {
    {"Pointwise", 13, 5, 7,
     [](Builder& b, Value x) { return b.Conv("op", x, {.out_channels = 24, .kernel = 1}); }},
    {"ConvFromOneChannel", 1, 6, 5,
     [](Builder& b, Value x) {
       return b.Conv("op", x, {.out_channels = 3, .kernel = 3, .bias = true});
     }},
    {"ConvStridedSame", 3, 9, 8,
     [](Builder& b, Value x) {
       return b.Conv("op", x,
                     {.out_channels = 13, .kernel = 3, .stride = 2, .padding = Padding::kSame});
     }},
    {"ConvStrided", 24, 13, 11,
     [](Builder& b, Value x) {
       return b.Conv("op", x, {.out_channels = 40, .kernel = 3, .stride = 2});
     }},
    {"ConvValid", 3, 7, 9,
     [](Builder& b, Value x) {
       return b.Conv("op", x,
                     {.out_channels = 13, .kernel = 5, .padding = Padding::kValid, .bias = true});
     }},
    {"Winograd", 16, 9, 11,
     [](Builder& b, Value x) {
       return b.Conv("op", x, {.out_channels = 32, .kernel = 3, .bias = true});
     }},
    {"WinogradSmallTiles", 32, 6, 6,
     [](Builder& b, Value x) { return b.Conv("op", x, {.out_channels = 16, .kernel = 3}); }},
    {"PatchesWithoutOverlap", 48, 10, 12,
     [](Builder& b, Value x) {
       return b.Conv("op", x,
                     {.out_channels = 40,
                      .kernel = 2,
                      .stride = 2,
                      .padding = Padding::kValid,
                      .bias = true});
     }},
    {"Grouped", 12, 5, 6,
     [](Builder& b, Value x) {
       return b.Conv("op", x, {.out_channels = 24, .kernel = 3, .groups = 4});
     }},
    {"Depthwise", 24, 7, 9,
     [](Builder& b, Value x) {
       return b.Conv("op", x, {.out_channels = 24, .kernel = 3, .groups = 24, .bias = true});
     }},
    {"DepthwiseStridedSame", 13, 10, 7,
     [](Builder& b, Value x) {
       return b.Conv(
           "op", x,
           {.out_channels = 13, .kernel = 5, .stride = 2, .groups = 13, .padding = Padding::kSame});
     }},
    {"DepthwiseLargerThanImage", 40, 2, 3,
     [](Builder& b, Value x) {
       return b.Conv("op", x, {.out_channels = 40, .kernel = 7, .groups = 40, .bias = true});
     }},
    {"DepthwiseStridedBehindANorm", 20, 13, 9,
     [](Builder& b, Value x) {
       x = b.Activation(b.BatchNorm("norm", x), ActivationKind::kSilu);
       return b.Conv(
           "op", x,
           {.out_channels = 20, .kernel = 5, .stride = 2, .groups = 20, .padding = Padding::kSame});
     }},
    {"DepthwiseWide", 24, 9, 17,
     [](Builder& b, Value x) {
       return b.Conv("op", x, {.out_channels = 24, .kernel = 7, .groups = 24, .bias = true});
     }},
    {"BatchNorm", 13, 5, 3, [](Builder& b, Value x) { return b.BatchNorm("op", x); }},
    {"BatchNormRelu", 24, 5, 3,
     [](Builder& b, Value x) { return b.Activation(b.BatchNorm("op", x), ActivationKind::kRelu); }},
    {"BatchNormRelu6", 40, 5, 3,
     [](Builder& b, Value x) {
       return b.Activation(b.BatchNorm("op", x, {.epsilon = 1e-3f}), ActivationKind::kRelu6);
     }},
    {"BatchNormSilu", 13, 5, 3,
     [](Builder& b, Value x) { return b.Activation(b.BatchNorm("op", x), ActivationKind::kSilu); }},
    {"BatchNormReadTwice", 3, 5, 3,
     [](Builder& b, Value x) {
       x = b.BatchNorm("op", x);
       return b.Add(b.Activation(x, ActivationKind::kTanh), x);
     }},
    {"Relu", 13, 3, 5, [](Builder& b, Value x) { return b.Activation(x, ActivationKind::kRelu); }},
    {"Relu6", 13, 3, 5,
     [](Builder& b, Value x) { return b.Activation(x, ActivationKind::kRelu6); }},
    {"Silu", 13, 3, 5, [](Builder& b, Value x) { return b.Activation(x, ActivationKind::kSilu); }},
    {"Gelu", 13, 3, 5, [](Builder& b, Value x) { return b.Activation(x, ActivationKind::kGelu); }},
    {"Sigmoid", 13, 3, 5,
     [](Builder& b, Value x) { return b.Activation(x, ActivationKind::kSigmoid); }},
    {"Tanh", 13, 3, 5, [](Builder& b, Value x) { return b.Activation(x, ActivationKind::kTanh); }},
    {"AddOfItself", 3, 3, 3, [](Builder& b, Value x) { return b.Add(x, x); }},
    {"Residual", 13, 4, 4,
     [](Builder& b, Value x) {
       return b.Add(b.Conv("op", x, {.out_channels = 13, .kernel = 3}), x);
     }},
    {"GlobalAveragePool", 13, 5, 7, [](Builder& b, Value x) { return b.GlobalAveragePool(x); }},
    {"SqueezeAndExcite", 24, 5, 3,
     [](Builder& b, Value x) {
       Value gate =
           b.Conv("reduce", b.GlobalAveragePool(x), {.out_channels = 3, .kernel = 1, .bias = true});
       gate = b.Activation(gate, ActivationKind::kSilu);
       gate = b.Conv("expand", gate, {.out_channels = 24, .kernel = 1, .bias = true});
       return b.ChannelScale(x, b.Activation(gate, ActivationKind::kSigmoid));
     }},
    {"NormThenSqueezeAndExcite", 13, 5, 3,
     [](Builder& b, Value x) {
       x = b.Activation(b.BatchNorm("op", x), ActivationKind::kSilu);
       Value gate = b.Conv("expand", b.GlobalAveragePool(x),
                           {.out_channels = 13, .kernel = 1, .bias = true});
       return b.ChannelScale(x, b.Activation(gate, ActivationKind::kSigmoid));
     }},
    {"LayerNorm", 13, 5, 3, [](Builder& b, Value x) { return b.LayerNorm("op", x); }},
    {"LayerNormOfManyChannels", 40, 2, 3, [](Builder& b, Value x) { return b.LayerNorm("op", x); }},
    {"LayerScale", 13, 5, 3, [](Builder& b, Value x) { return b.LayerScale("gamma", x); }},
    {"GlobalResponseNorm", 13, 5, 3,
     [](Builder& b, Value x) { return b.GlobalResponseNorm("op", x); }},
    {"MaxPoolPadded", 13, 7, 6,
     [](Builder& b, Value x) { return b.MaxPool(x, {.kernel = 3, .stride = 2, .padding = 1}); }},
    {"MaxPoolOdd", 3, 7, 6,
     [](Builder& b, Value x) {
       return b.MaxPool(x, {2, 2});
     }},
    {"ScaledAveragePool", 3, 6, 5,
     [](Builder& b, Value x) { return b.ScaledAveragePool("op", x, 2); }},
    {"PoolUp", 3, 2, 5, [](Builder& b, Value x) { return b.PoolUp(x, 4); }},
    {"LinearOfAFeatureMap", 3, 2, 3,
     [](Builder& b, Value x) {
       return b.Activation(b.Linear("op", x, 13), ActivationKind::kTanh);
     }},
    {"Network", 13, 12, 10,
     [](Builder& b, Value x) {
       x = b.Conv("stem", x, {.out_channels = 8, .kernel = 3, .stride = 2});
       x = b.Activation(b.BatchNorm("bn1", x), ActivationKind::kSilu);
       Value y = b.Conv("pw", x, {.out_channels = 24, .kernel = 1});
       y = b.Activation(b.BatchNorm("bn2", y), ActivationKind::kSilu);
       y = b.Conv("dw", y, {.out_channels = 24, .kernel = 3, .groups = 24});
       y = b.Activation(b.BatchNorm("bn3", y), ActivationKind::kSilu);
       Value gate =
           b.Conv("se", b.GlobalAveragePool(y), {.out_channels = 24, .kernel = 1, .bias = true});
       y = b.ChannelScale(y, b.Activation(gate, ActivationKind::kSigmoid));
       y = b.Conv("pwl", y, {.out_channels = 8, .kernel = 1});
       return b.GlobalAveragePool(b.Add(b.BatchNorm("bn4", y), x));
     }},
};

Graph BuildCase(const Case& c) {
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

double Norm(std::span<const float> values) {
  double sum = 0;
  for (const float v : values) sum += double{v} * v;
  return std::sqrt(sum);
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

class GradientTest : public testing::TestWithParam<Case> {
 protected:
  Graph graph_ = BuildCase(GetParam());
};

// `turns`: those of the plan.
void ExpectDifferencesOfTheReference(const Graph& graph, int threads, const TurnOptions& turns) {
  const auto plan = CompileForTraining(graph, {.threads = threads, .turns = turns});
  Parameters parameters = NamedParameters(graph);
  const double loss = plan->Step(parameters, {});
  EXPECT_NEAR(loss, ReferenceLoss(graph, NamedParameters(graph)), 1e-5 * loss);
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
TEST_P(GradientTest, InTurnsEqualsDifferencesOfTheReference) {
  for (const int threads : {1, 2}) {
    ExpectDifferencesOfTheReference(graph_, threads,
                                    {.bytes = 4 << 10, .large_tensor = 0, .streamed_tensor = 0});
  }
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

TEST_P(GradientTest, InBFloat16IsNearFloat32) {
  if (!HasBFloat16Instructions()) GTEST_SKIP() << "this CPU has no bfloat16 instructions";
  const auto exact = CompileForTraining(graph_, {});
  Parameters parameters = NamedParameters(graph_);
  exact->Step(parameters, {});
  TrainingPlanOptions options = {.precision = Precision::kBFloat16};
  const auto plan = CompileForTraining(graph_, options);
  parameters = NamedParameters(graph_);
  plan->Step(parameters, {});
  double square = 0, error = 0;
  for (const std::string& name : plan->gradients().names()) {
    const std::span<const float> expected = exact->gradients().Get(name);
    const std::span<const float> found = plan->gradients().Get(name);
    for (std::size_t i = 0; i < found.size(); ++i) {
      square += double{expected[i]} * expected[i];
      error += std::pow(double{found[i]} - expected[i], 2);
    }
  }
  EXPECT_LT(std::sqrt(error / square), kBFloat16Tolerance);
}

INSTANTIATE_TEST_SUITE_P(All, GradientTest, testing::ValuesIn(kCases),
                         [](const auto& param_info) { return param_info.param.name; });

}  // namespace
}  // namespace avocet
