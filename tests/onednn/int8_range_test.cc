// The largest products of 8-bit integers do not overflow, whatever instructions the CPU has.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "engine/graph/builder.h"
#include "engine/onednn/inference_model.h"
#include "tests/onednn/run_plan.h"
#include "tests/reference/interpreter.h"
#include "tests/reference/perturb.h"
#include "tests/reference/worst.h"

namespace avocet {
namespace {

using testing::Gt;
using testing::Lt;

struct Case {
  std::string name;
  bool is_signed;   // the source
  double products;  // that a result adds up
  Value (*build)(Builder& b, Value x);
};

constexpr int kChannels = 32;
constexpr int kSize = 8;

const Case kCases[] = {
    {"Pointwise", false, kChannels,
     [](Builder& b, Value x) { return b.Conv("op", x, {.out_channels = 48, .kernel = 1}); }},
    {"SignedPointwise", true, kChannels,
     [](Builder& b, Value x) { return b.Conv("op", x, {.out_channels = 48, .kernel = 1}); }},
    {"Full", false, kChannels * 9,
     [](Builder& b, Value x) { return b.Conv("op", x, {.out_channels = 48, .kernel = 3}); }},
    {"SignedFull", true, kChannels * 9,
     [](Builder& b, Value x) { return b.Conv("op", x, {.out_channels = 48, .kernel = 3}); }},
    {"Depthwise", false, 9,
     [](Builder& b, Value x) {
       return b.Conv("op", x, {.out_channels = kChannels, .kernel = 3, .groups = kChannels});
     }},
    {"SignedDepthwise", true, 9,
     [](Builder& b, Value x) {
       return b.Conv("op", x, {.out_channels = kChannels, .kernel = 3, .groups = kChannels});
     }},
    {"Linear", false, double{kSize} * kSize* kChannels,
     [](Builder& b, Value x) { return b.Linear("op", x, 8); }},
    {"SignedLinear", true, double{kSize} * kSize* kChannels,
     [](Builder& b, Value x) { return b.Linear("op", x, 8); }},
};

constexpr double kTolerance = 0.01;  // of the largest result

class Int8RangeTest : public testing::TestWithParam<Case> {
 protected:
  // Expects that the largest error among the results, as a share of the largest result, is as
  // `matcher` says. The source is 1 everywhere, and so are the weights: both are the largest
  // integers that they have. One weight of the plan is off by `perturbation`.
  template <typename Matcher>
  static void ExpectError(const Matcher& matcher, float perturbation) {
    Builder b({.channels = kChannels, .height = kSize, .width = kSize});
    GetParam().build(b, b.input());
    const Graph graph = *std::move(b).Finish();
    Parameters parameters(GraphParameters(graph));
    for (const std::string& name : parameters.names()) {
      std::ranges::fill(parameters.Get(name), name.ends_with("weight") ? 1.0f : 0.0f);
    }
    const std::vector<float> images(kChannels * kSize * kSize, 1.0f);
    const std::vector<double> expected =
        Interpret(graph, parameters, std::vector<double>(images.begin(), images.end()));
    EXPECT_EQ(*std::ranges::max_element(expected), GetParam().products);
    PerturbWeight(graph, perturbation, parameters);
    Quantization quantization;
    const bool is_signed = GetParam().is_signed;
    quantization.activations[graph.node(0).name] = {is_signed ? 1.0f / 127 : 1.0f / 255, is_signed};
    const auto model = InferenceModel::Create(graph, std::move(parameters), quantization);
    const auto plan = model->Compile({.batch_size = 1,
                                      .height = kSize,
                                      .width = kSize,
                                      .threads = 1,
                                      .precision = Precision::kInt8});
    ASSERT_TRUE(plan.ok()) << plan.status();
    const std::vector<double> found =
        RunPlan(**plan, graph.node(0).shape, graph.node(graph.output()).shape, images);
    double largest = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
      largest = Worst(largest, std::abs(found[i] - expected[i]));
    }
    EXPECT_THAT(largest / GetParam().products, matcher) << (*plan)->DebugString();
  }
};

TEST_P(Int8RangeTest, LargestProductsAddUp) { ExpectError(Lt(kTolerance), 0); }

// The twin. By a tenth of the sum that it is a part of: with less, the tolerance of long sums hides
// it.
TEST_P(Int8RangeTest, OnePerturbedWeightIsNoticed) {
  ExpectError(Gt(kTolerance), static_cast<float>(0.1 * GetParam().products));
}

INSTANTIATE_TEST_SUITE_P(All, Int8RangeTest, testing::ValuesIn(kCases),
                         [](const auto& param_info) { return param_info.param.name; });

}  // namespace
}  // namespace avocet
