// 3x3 convolutions by Winograd's algorithm in compiled plans (engine/onednn/lower_winograd).
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "engine/graph/builder.h"
#include "engine/kernels/cpu.h"
#include "engine/onednn/inference_model.h"
#include "tests/onednn/plan_error.h"
#include "tests/reference/golden.h"

namespace avocet {
namespace {

// As of the operators, and twice to thrice that for the transforms.
constexpr double kTolerance = 3e-5;
constexpr double kBFloat16Tolerance = 5e-2;

struct Case {
  std::string name;
  Input input;
  std::string algorithm;  // "own_winograd" with its tile, or empty: not by Winograd
  Conv2d conv;
};

const Case kCases[] = {
    {"TilesOfFour",
     {.channels = 32, .height = 16, .width = 13},
     "own_winograd4",
     {.out_channels = 48, .kernel = 3}},
    {"Valid",
     {.channels = 16, .height = 15, .width = 11},
     "own_winograd4",
     {.out_channels = 16, .kernel = 3, .padding = Padding::kValid}},
    {"TilesOfTwo",
     {.channels = 16, .height = 6, .width = 6},
     "own_winograd2",
     {.out_channels = 32, .kernel = 3, .padding = Padding::kSame}},
    {"ManyTilesForEachThread",
     {.channels = 16, .height = 45, .width = 40},
     "own_winograd4",
     {.out_channels = 16, .kernel = 3}},
    {"TinyImage", {.channels = 32, .height = 2, .width = 2}, "", {.out_channels = 32, .kernel = 3}},
    {"Strided",
     {.channels = 32, .height = 16, .width = 16},
     "",
     {.out_channels = 32, .kernel = 3, .stride = 2}},
    {"OddChannels",
     {.channels = 24, .height = 16, .width = 16},
     "",
     {.out_channels = 32, .kernel = 3}},
    {"Grouped",
     {.channels = 32, .height = 16, .width = 16},
     "",
     {.out_channels = 32, .kernel = 3, .groups = 2}},
};

class WinogradTest : public testing::TestWithParam<Case> {};

Graph Build(const Case& c) {
  Builder b(c.input);
  Conv2d conv = c.conv;
  conv.bias = true;
  const Value x = b.Activation(b.Conv("conv", b.input(), conv), ActivationKind::kSilu);
  // The shortcut of a residual block, and an activation behind their sum.
  const Value y = b.Conv("second", x, {.out_channels = conv.out_channels, .kernel = 3});
  b.Activation(b.Add(y, x), ActivationKind::kRelu);
  return *std::move(b).Finish();
}

TEST_P(WinogradTest, EqualsTheReference) {
  for (const int batch : {1, 3}) {
    const Graph graph =
        *Build(GetParam()).Reshape(batch, GetParam().input.height, GetParam().input.width);
    for (const int threads : {1, 2}) {
      EXPECT_LT(PlanError(graph, threads, Precision::kFloat32), kTolerance)
          << "batch " << batch << ", threads " << threads;
    }
  }
}

// The twin. A hundredth of the layer's largest weight is some hundred times the tolerance: one of
// many terms has a small share in a result.
TEST_P(WinogradTest, OnePerturbedWeightIsNoticed) {
  EXPECT_GT(PlanError(Build(GetParam()), 1, Precision::kFloat32, 1e-2f), kTolerance);
}

TEST_P(WinogradTest, InBFloat16IsNearTheReference) {
  if (!HasBFloat16Instructions()) GTEST_SKIP() << "this CPU has no bfloat16 instructions";
  for (const int threads : {1, 2}) {
    EXPECT_LT(PlanError(Build(GetParam()), threads, Precision::kBFloat16), kBFloat16Tolerance);
  }
  EXPECT_GT(PlanError(Build(GetParam()), 1, Precision::kBFloat16, 1), kBFloat16Tolerance);
}

TEST_P(WinogradTest, IsTakenWhereItPays) {
  if (!HasFloat32Kernels()) GTEST_SKIP() << "this CPU has no kernels of our own";
  const auto model = InferenceModel::Create(Build(GetParam()), NamedParameters(Build(GetParam())));
  const auto plan = model->Compile({.batch_size = 1,
                                    .height = GetParam().input.height,
                                    .width = GetParam().input.width,
                                    .threads = 1});
  ASSERT_TRUE(plan.ok()) << plan.status();
  const std::string steps = (*plan)->DebugString();
  const std::string first = steps.substr(0, steps.find('\n'));
  if (GetParam().algorithm.empty()) {
    EXPECT_EQ(first.find("winograd"), std::string::npos) << first;
  } else {
    EXPECT_NE(first.find(GetParam().algorithm + ":"), std::string::npos) << first;
  }
}

INSTANTIATE_TEST_SUITE_P(All, WinogradTest, testing::ValuesIn(kCases),
                         [](const auto& param_info) { return param_info.param.name; });

}  // namespace
}  // namespace avocet
