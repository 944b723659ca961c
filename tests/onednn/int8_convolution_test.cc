// Convolutions of 8-bit integers equal the definition but for rounding.
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

namespace avocet {
namespace {

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

class Int8ConvolutionTest : public testing::TestWithParam<Case> {};

TEST_P(Int8ConvolutionTest, IsNearTheReference) {
  const Case& c = GetParam();
  Builder b({.channels = c.channels, .height = c.size, .width = c.size});
  b.Conv("conv", b.input(), c.conv);
  const Graph graph = *std::move(b).Finish();
  const std::vector<float> images = NamedImages("input", graph.node(0).shape);
  const std::vector<double> expected =
      Interpret(graph, NamedParameters(graph), std::vector<double>(images.begin(), images.end()));
  float largest = 0;
  for (const float value : images) largest = std::max(largest, std::abs(value));
  Quantization quantization;
  quantization.activations[graph.node(0).name] = {largest / 127, /*is_signed=*/true};
  const auto model = InferenceModel::Create(graph, NamedParameters(graph), quantization);
  const auto plan = model->Compile({.batch_size = 1,
                                    .height = c.size,
                                    .width = c.size,
                                    .threads = 1,
                                    .precision = Precision::kInt8});
  ASSERT_TRUE(plan.ok()) << plan.status();
  const std::vector<double> found =
      RunPlan(**plan, graph.node(0).shape, graph.node(graph.output()).shape, images);
  // Half a step of 127 in each factor, of errors that mostly cancel.
  EXPECT_LT(RelativeError(found, std::vector<float>(expected.begin(), expected.end())), 0.05)
      << (*plan)->DebugString();
}

INSTANTIATE_TEST_SUITE_P(All, Int8ConvolutionTest, testing::ValuesIn(kCases),
                         [](const auto& param_info) { return param_info.param.name; });

}  // namespace
}  // namespace avocet
