// The largest products of 8-bit integers do not overflow, whatever instructions the CPU has.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "engine/graph/builder.h"
#include "engine/onednn/inference_model.h"

namespace avocet {
namespace {

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

class Int8RangeTest : public testing::TestWithParam<Case> {};

// The source is 1 everywhere, and so are the weights: both are the largest integers that they have.
TEST_P(Int8RangeTest, LargestProductsAddUp) {
  Builder b({.channels = kChannels, .height = kSize, .width = kSize});
  GetParam().build(b, b.input());
  const Graph graph = *std::move(b).Finish();
  Parameters parameters(GraphParameters(graph));
  for (const std::string& name : parameters.names()) {
    std::ranges::fill(parameters.Get(name), name.ends_with("weight") ? 1.0f : 0.0f);
  }
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
  std::ranges::fill((*plan)->input(), 1.0f);
  (*plan)->Run();
  const double largest = *std::ranges::max_element((*plan)->logits());
  EXPECT_NEAR(largest, GetParam().products, 0.01 * GetParam().products) << (*plan)->DebugString();
}

INSTANTIATE_TEST_SUITE_P(All, Int8RangeTest, testing::ValuesIn(kCases),
                         [](const auto& param_info) { return param_info.param.name; });

}  // namespace
}  // namespace avocet
