// Convolutions of 8-bit integers equal the definition but for rounding.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "engine/graph/builder.h"
#include "engine/onednn/inference_model.h"
#include "tests/onednn/run_plan.h"
#include "tests/reference/golden.h"
#include "tests/reference/interpreter.h"
#include "tests/reference/perturb.h"

namespace avocet {
namespace {

using testing::Gt;
using testing::Lt;

struct Case {
  std::string name;
  int channels;
  int size;
  Conv2d conv;
};

const Case kCases[] = {
    {"Full", 64, 13, {.out_channels = 48, .kernel = 3}},
    {"Strided", 96, 14, {.out_channels = 48, .kernel = 3, .stride = 2}},
    {"Pointwise", 96, 7, {.out_channels = 40, .kernel = 1}},
    // Channels that fill one and a half tile registers' rows.
    {"PatchesOfEvenImage",
     96,
     14,
     {.out_channels = 192, .kernel = 2, .stride = 2, .padding = Padding::kValid}},
};

// Half a step of 127 in each factor, or of 64 in the weights where the CPU has no VNNI, of errors
// that mostly cancel.
constexpr double kTolerance = 0.06;

class Int8ConvolutionTest : public testing::TestWithParam<Case> {
 protected:
  // Expects that the plan's error is as `matcher` says. One weight of the
  // plan is off by `perturbation` (tests/reference/perturb.h).
  template <typename Matcher>
  static void ExpectError(const Matcher& matcher, float perturbation) {
    const Case& c = GetParam();
    Builder b({.channels = c.channels, .height = c.size, .width = c.size});
    b.Conv("conv", b.input(), c.conv);
    const Graph graph = *std::move(b).Finish();
    const std::vector<float> images = NamedImages("input", graph.node(0).shape);
    Parameters parameters = NamedParameters(graph);
    const std::vector<double> expected =
        Interpret(graph, parameters, std::vector<double>(images.begin(), images.end()));
    PerturbWeight(graph, perturbation, parameters);
    float largest = 0;
    for (const float value : images) largest = std::max(largest, std::abs(value));
    Quantization quantization;
    quantization.activations[graph.node(0).name] = {largest / 127, /*is_signed=*/true};
    const auto model = InferenceModel::Create(graph, std::move(parameters), quantization);
    const auto plan = model->Compile({.batch_size = 1,
                                      .height = c.size,
                                      .width = c.size,
                                      .threads = 1,
                                      .precision = Precision::kInt8});
    ASSERT_TRUE(plan.ok()) << plan.status();
    const std::vector<double> found =
        RunPlan(**plan, graph.node(0).shape, graph.node(graph.output()).shape, images);
    EXPECT_THAT(RelativeError(found, std::vector<float>(expected.begin(), expected.end())), matcher)
        << (*plan)->DebugString();
  }
};

TEST_P(Int8ConvolutionTest, IsNearTheReference) { ExpectError(Lt(kTolerance), 0); }

// The twin. By the layer's largest weight: with less, one of hundreds of terms is lost in what
// rounding is granted.
TEST_P(Int8ConvolutionTest, OnePerturbedWeightIsNoticed) { ExpectError(Gt(kTolerance), 1); }

INSTANTIATE_TEST_SUITE_P(All, Int8ConvolutionTest, testing::ValuesIn(kCases),
                         [](const auto& param_info) { return param_info.param.name; });

}  // namespace
}  // namespace avocet
