// Every operator, compiled alone on awkward shapes, against the double-precision reference.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/graph/builder.h"
#include "engine/onednn/inference_model.h"
#include "tests/onednn/run_plan.h"
#include "tests/reference/golden.h"
#include "tests/reference/interpreter.h"

namespace avocet {
namespace {

// Float32 against double: rounding of a few hundred terms.
constexpr double kTolerance = 1e-5;
constexpr double kBFloat16Tolerance = 5e-2;

struct Case {
  std::string name;
  Input input;
  Value (*build)(Builder& b, Value x);
};

Value Conv(Builder& b, Value x, Conv2d conv) {
  conv.bias = true;
  return b.Conv("conv", x, conv);
}

const Case kCases[] = {
    {"PointwiseFromOneChannel",
     {.channels = 1, .height = 5, .width = 7},
     [](Builder& b, Value x) { return Conv(b, x, {.out_channels = 3, .kernel = 1}); }},
    {"PointwiseOddChannels",
     {.channels = 13, .height = 9, .width = 4},
     [](Builder& b, Value x) { return Conv(b, x, {.out_channels = 24, .kernel = 1}); }},
    {"PointwiseOnOnePixel",
     {.channels = 40, .height = 1, .width = 1},
     [](Builder& b, Value x) { return Conv(b, x, {.out_channels = 13, .kernel = 1}); }},
    {"StemSameEven",
     {.channels = 3, .height = 14, .width = 10},
     [](Builder& b, Value x) {
       return Conv(b, x, {.out_channels = 32, .kernel = 3, .stride = 2, .padding = Padding::kSame});
     }},
    {"StemSameOdd",
     {.channels = 3, .height = 15, .width = 11},
     [](Builder& b, Value x) {
       return Conv(b, x, {.out_channels = 32, .kernel = 3, .stride = 2, .padding = Padding::kSame});
     }},
    {"StemSymmetricEven",
     {.channels = 3, .height = 14, .width = 10},
     [](Builder& b, Value x) {
       return Conv(b, x, {.out_channels = 32, .kernel = 3, .stride = 2});
     }},
    {"ValidFiveByFive",
     {.channels = 6, .height = 14, .width = 14},
     [](Builder& b, Value x) {
       return Conv(b, x, {.out_channels = 16, .kernel = 5, .padding = Padding::kValid});
     }},
    {"DepthwiseThree",
     {.channels = 24, .height = 7, .width = 9},
     [](Builder& b, Value x) {
       return Conv(b, x, {.out_channels = 24, .kernel = 3, .groups = 24});
     }},
    {"DepthwiseFiveSameStrided",
     {.channels = 13, .height = 12, .width = 9},
     [](Builder& b, Value x) {
       return Conv(
           b, x,
           {.out_channels = 13, .kernel = 5, .stride = 2, .groups = 13, .padding = Padding::kSame});
     }},
    {"DepthwiseLargerThanImage",
     {.channels = 40, .height = 2, .width = 3},
     [](Builder& b, Value x) {
       return Conv(b, x, {.out_channels = 40, .kernel = 7, .groups = 40});
     }},
    // Large enough for strips of rows, in both types.
    {"ExpandThenDepthwiseStrided",
     {.channels = 4, .height = 57, .width = 49},
     [](Builder& b, Value x) {
       x = b.Activation(Conv(b, x, {.out_channels = 96, .kernel = 1}), ActivationKind::kRelu6);
       const Conv2d depthwise = {.out_channels = 96,
                                 .kernel = 5,
                                 .stride = 2,
                                 .groups = 96,
                                 .padding = Padding::kSame,
                                 .bias = true};
       return b.Conv("depthwise", x, depthwise);
     }},
    {"ExpandThenDepthwiseAndPool",
     {.channels = 4, .height = 57, .width = 49},
     [](Builder& b, Value x) {
       x = b.Activation(Conv(b, x, {.out_channels = 96, .kernel = 1}), ActivationKind::kRelu);
       x = b.Conv("depthwise", x, {.out_channels = 96, .kernel = 3, .groups = 96});
       x = b.Activation(x, ActivationKind::kSilu);
       const Value gate = b.Activation(b.GlobalAveragePool(x), ActivationKind::kSigmoid);
       return b.Conv("project", b.ChannelScale(x, gate), {.out_channels = 7, .kernel = 1});
     }},
    {"DepthwiseThenNorm",
     {.channels = 24, .height = 9, .width = 15},
     [](Builder& b, Value x) {
       return b.LayerNorm("norm", Conv(b, x, {.out_channels = 24, .kernel = 7, .groups = 24}));
     }},
    // Channels that fill one and a half tile registers' rows in bfloat16.
    {"PatchesOfEvenImage",
     {.channels = 48, .height = 14, .width = 14},
     [](Builder& b, Value x) {
       return Conv(b, x,
                   {.out_channels = 96, .kernel = 2, .stride = 2, .padding = Padding::kValid});
     }},
    {"Grouped",
     {.channels = 12, .height = 6, .width = 5},
     [](Builder& b, Value x) {
       return Conv(b, x, {.out_channels = 24, .kernel = 3, .groups = 4});
     }},
    {"ConvWithoutBias",
     {.channels = 13, .height = 6, .width = 5},
     [](Builder& b, Value x) { return b.Conv("conv", x, {.out_channels = 24, .kernel = 3}); }},
    {"BatchNormAlone",
     {.channels = 13, .height = 6, .width = 5},
     [](Builder& b, Value x) { return b.BatchNorm("norm", x, {.epsilon = 1e-3f}); }},
    {"ReluAlone",
     {.channels = 13, .height = 3, .width = 5},
     [](Builder& b, Value x) { return b.Activation(x, ActivationKind::kRelu); }},
    {"Relu6Alone",
     {.channels = 13, .height = 3, .width = 5},
     [](Builder& b, Value x) { return b.Activation(x, ActivationKind::kRelu6); }},
    {"SiluAlone",
     {.channels = 13, .height = 3, .width = 5},
     [](Builder& b, Value x) { return b.Activation(x, ActivationKind::kSilu); }},
    {"GeluAlone",
     {.channels = 13, .height = 3, .width = 5},
     [](Builder& b, Value x) { return b.Activation(x, ActivationKind::kGelu); }},
    {"SigmoidAlone",
     {.channels = 13, .height = 3, .width = 5},
     [](Builder& b, Value x) { return b.Activation(x, ActivationKind::kSigmoid); }},
    {"TanhAlone",
     {.channels = 13, .height = 3, .width = 5},
     [](Builder& b, Value x) { return b.Activation(x, ActivationKind::kTanh); }},
    {"Relu6InConv",
     {.channels = 16, .height = 5, .width = 5},
     [](Builder& b, Value x) {
       return b.Activation(Conv(b, x, {.out_channels = 24, .kernel = 3}), ActivationKind::kRelu6);
     }},
    {"AddOfItself",
     {.channels = 5, .height = 3, .width = 3},
     [](Builder& b, Value x) { return b.Add(x, x); }},
    {"ResidualInConv",
     {.channels = 13, .height = 6, .width = 6},
     [](Builder& b, Value x) {
       x = b.Conv("first", x, {.out_channels = 24, .kernel = 1});
       Value y = b.Conv("second", x, {.out_channels = 40, .kernel = 3});
       y = b.Conv("third", y, {.out_channels = 24, .kernel = 1});
       return b.Add(y, x);
     }},
    {"ActivationAfterResidual",
     {.channels = 13, .height = 6, .width = 6},
     [](Builder& b, Value x) {
       x = b.Conv("first", x, {.out_channels = 24, .kernel = 1});
       Value y = b.Conv("second", x, {.out_channels = 40, .kernel = 3});
       y = b.Conv("third", y, {.out_channels = 24, .kernel = 1});
       return b.Activation(b.Add(x, y), ActivationKind::kRelu);
     }},
    {"ActivationBeforeResidual",
     {.channels = 13, .height = 6, .width = 6},
     [](Builder& b, Value x) {
       x = b.Conv("first", x, {.out_channels = 24, .kernel = 1});
       Value y = b.Conv("second", x, {.out_channels = 40, .kernel = 3});
       y = b.Conv("third", y, {.out_channels = 24, .kernel = 1});
       return b.Add(x, b.Activation(y, ActivationKind::kSilu));
     }},
    {"ShortcutIsTheInput",
     {.channels = 13, .height = 6, .width = 6},
     [](Builder& b, Value x) { return b.Add(Conv(b, x, {.out_channels = 13, .kernel = 3}), x); }},
    {"GlobalAveragePoolOdd",
     {.channels = 13, .height = 5, .width = 7},
     [](Builder& b, Value x) { return b.GlobalAveragePool(x); }},
    {"ChannelScale",
     {.channels = 13, .height = 5, .width = 3},
     [](Builder& b, Value x) {
       const Value gate = b.Activation(b.GlobalAveragePool(x), ActivationKind::kSigmoid);
       return b.ChannelScale(x, gate);
     }},
    {"LayerNormOdd",
     {.channels = 13, .height = 5, .width = 3},
     [](Builder& b, Value x) { return b.LayerNorm("norm", x); }},
    {"LayerNormOfManyChannels",
     {.channels = 384, .height = 2, .width = 3},
     [](Builder& b, Value x) { return b.LayerNorm("norm", x); }},
    {"LayerScaleAlone",
     {.channels = 13, .height = 5, .width = 3},
     [](Builder& b, Value x) { return b.LayerScale("gamma", x); }},
    {"LayerScaleInConv",
     {.channels = 13, .height = 5, .width = 3},
     [](Builder& b, Value x) {
       return b.LayerScale("gamma", Conv(b, x, {.out_channels = 24, .kernel = 1}));
     }},
    {"GlobalResponseNorm",
     {.channels = 13, .height = 5, .width = 3},
     [](Builder& b, Value x) { return b.GlobalResponseNorm("grn", x); }},
    {"MaxPoolPaddedOdd",
     {.channels = 13, .height = 7, .width = 6},
     [](Builder& b, Value x) { return b.MaxPool(x, {.kernel = 3, .stride = 2, .padding = 1}); }},
    {"MaxPoolOdd",
     {.channels = 13, .height = 7, .width = 6},
     [](Builder& b, Value x) { return b.MaxPool(x, {.kernel = 2, .stride = 2}); }},
    {"ScaledAveragePool",
     {.channels = 6, .height = 8, .width = 7},
     [](Builder& b, Value x) { return b.ScaledAveragePool("pool1", x, 2); }},
    {"PoolUpFromOnePixel",
     {.channels = 13, .height = 1, .width = 1},
     [](Builder& b, Value x) { return b.PoolUp(Conv(b, x, {.out_channels = 5, .kernel = 1}), 7); }},
    {"PoolUpOneSide",
     {.channels = 13, .height = 3, .width = 9},
     [](Builder& b, Value x) { return b.PoolUp(Conv(b, x, {.out_channels = 5, .kernel = 1}), 7); }},
    {"LinearOfAFeatureMap",
     {.channels = 16, .height = 5, .width = 4},
     [](Builder& b, Value x) { return b.Linear("fc", x, 13); }},
    {"LinearOdd",
     {.channels = 13, .height = 1, .width = 1},
     [](Builder& b, Value x) { return b.Linear("fc", x, 7); }},
    {"PoolThenLinear",
     {.channels = 24, .height = 3, .width = 2},
     [](Builder& b, Value x) { return b.Linear("fc", b.GlobalAveragePool(x), 10); }},
    {"DropoutIsTheIdentity",
     {.channels = 5, .height = 3, .width = 3},
     [](Builder& b, Value x) {
       return b.DropPath(b.Dropout(Conv(b, x, {.out_channels = 5, .kernel = 1}), 0.5f), 0.5f);
     }},
};

class OperatorTest : public testing::TestWithParam<Case> {};

TEST_P(OperatorTest, EqualsTheReference) {
  Builder b(GetParam().input);
  GetParam().build(b, b.input());
  absl::StatusOr<Graph> graph = std::move(b).Finish();
  ASSERT_TRUE(graph.ok()) << graph.status();
  for (const int batch : {1, 3}) {
    for (const int threads : {1, 2}) {
      const Graph shaped = *graph->Reshape(batch, GetParam().input.height, GetParam().input.width);
      const std::vector<float> images = NamedImages("input", shaped.node(0).shape);
      const Parameters parameters = NamedParameters(shaped);
      const std::vector<double> expected =
          Interpret(shaped, parameters, std::vector<double>(images.begin(), images.end()));
      const std::vector<double> found = RunPlan(shaped, NamedParameters(shaped), images, threads);
      EXPECT_LT(RelativeError(found, std::vector<float>(expected.begin(), expected.end())),
                kTolerance)
          << "batch " << batch << ", threads " << threads;
    }
  }
}

// Products of numbers with 8 bits of mantissa, results rounded to 8 bits.
TEST_P(OperatorTest, InBFloat16IsNearTheReference) {
  if (!HasBFloat16Instructions()) GTEST_SKIP() << "this CPU has no bfloat16 instructions";
  Builder b(GetParam().input);
  GetParam().build(b, b.input());
  const Graph graph = *std::move(b).Finish();
  const std::vector<float> images = NamedImages("input", graph.node(0).shape);
  const std::vector<double> expected =
      Interpret(graph, NamedParameters(graph), std::vector<double>(images.begin(), images.end()));
  const std::vector<double> found =
      RunPlan(graph, NamedParameters(graph), images, 1, Precision::kBFloat16);
  EXPECT_LT(RelativeError(found, std::vector<float>(expected.begin(), expected.end())),
            kBFloat16Tolerance);
}

// The comparison with float32 notices one weight that is off by a thousandth of its range.
TEST(OperatorTest, OnePerturbedWeightIsNoticed) {
  Builder b({.channels = 13, .height = 6, .width = 5});
  b.Conv("conv", b.input(), {.out_channels = 24, .kernel = 3});
  const Graph graph = *std::move(b).Finish();
  const std::vector<float> images = NamedImages("input", graph.node(0).shape);
  const std::vector<double> expected =
      Interpret(graph, NamedParameters(graph), std::vector<double>(images.begin(), images.end()));
  Parameters perturbed = NamedParameters(graph);
  perturbed.Get("conv.weight")[100] += 1e-3f;
  const std::vector<double> found = RunPlan(graph, std::move(perturbed), images, 1);
  EXPECT_GT(RelativeError(found, std::vector<float>(expected.begin(), expected.end())), kTolerance);
}

INSTANTIATE_TEST_SUITE_P(All, OperatorTest, testing::ValuesIn(kCases),
                         [](const auto& param_info) { return param_info.param.name; });

}  // namespace
}  // namespace avocet
