#include "engine/tool/node_cost.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "engine/graph/builder.h"
#include "tests/tool/graph_of.h"

namespace avocet {
namespace {

TEST(NodeCost, CountsWeightsAndBiasesOfAConvolution) {
  Builder b({.channels = 8, .height = 10, .width = 12});
  b.Conv("a", b.input(), {.out_channels = 4, .kernel = 3, .stride = 2, .bias = true});
  const Graph graph = *std::move(b).Finish();
  const NodeCost cost = CostOf(graph, 1);
  EXPECT_EQ(cost.parameters, (3 * 3 * 8 + 1) * 4);
  EXPECT_EQ(cost.multiply_adds, 3 * 3 * 8 * 4 * 5 * 6);
  EXPECT_EQ(cost.activation_bytes, 4 * 4 * 5 * 6);
}

TEST(NodeCost, DividesByGroups) {
  Builder b({.channels = 8, .height = 4, .width = 4});
  b.Conv("a", b.input(), {.out_channels = 8, .kernel = 3, .groups = 8});
  const Graph graph = *std::move(b).Finish();
  EXPECT_EQ(CostOf(graph, 1).parameters, 3 * 3 * 8);
  EXPECT_EQ(CostOf(graph, 1).multiply_adds, 3 * 3 * 8 * 4 * 4);
}

TEST(NodeCost, OfALinearLayerIsOneAWeight) {
  Builder b({.channels = 8, .height = 4, .width = 5});
  b.Linear("a", b.input(), 10);
  const Graph graph = *std::move(b).Finish();
  EXPECT_EQ(CostOf(graph, 1).multiply_adds, 8 * 4 * 5 * 10);
  EXPECT_EQ(CostOf(graph, 1).parameters, (8 * 4 * 5 + 1) * 10);
}

TEST(NodeCost, RunningStatisticsAreNoParameters) {
  Builder b({.channels = 8, .height = 4, .width = 4});
  b.BatchNorm("a", b.input());
  const Graph graph = *std::move(b).Finish();
  EXPECT_EQ(CostOf(graph, 1).parameters, 16);
  EXPECT_EQ(CostOf(graph, 1).multiply_adds, 0);
  EXPECT_EQ(CostOf(graph, 1).norm_multiply_adds, 2 * 8 * 4 * 4);
}

struct Published {
  const char* network;
  int size;
  double gmac;
  double rounding;  // half of the last digit
};

// timm's results/benchmark-infer-amp-nchw-pt240-cu124-rtx4090.csv. It counts the last pooling too,
// which makes a difference of one digit for lite4.
constexpr Published kPublished[] = {
    {"efficientnet_b0", 224, .40, .005},
    {"efficientnet_b1", 224, .59, .005},
    {"efficientnet_b1", 240, .71, .005},
    {"efficientnet_b2", 256, .89, .005},
    {"efficientnet_b3", 288, 1.63, .005},
    {"efficientnet_b4", 320, 3.13, .005},
    {"efficientnet_b5", 448, 9.59, .005},
    {"tf_efficientnet_b2", 260, 1.02, .005},
    {"tf_efficientnet_b3", 300, 1.87, .005},
    {"tf_efficientnet_b4", 380, 4.49, .005},
    {"tf_efficientnet_b5", 456, 10.46, .005},
    {"tf_efficientnet_b6", 528, 19.4, .05},
    {"tf_efficientnet_b7", 600, 38.33, .005},
    {"efficientnet_lite0", 224, .40, .005},
    {"tf_efficientnet_lite1", 240, .62, .005},
    {"tf_efficientnet_lite2", 260, .89, .005},
    {"tf_efficientnet_lite3", 300, 1.65, .005},
    {"tf_efficientnet_lite4", 380, 4.04, .0055},
    {"tf_efficientnetv2_b0", 192, .54, .005},
    {"tf_efficientnetv2_b1", 192, .76, .005},
    {"tf_efficientnetv2_b2", 208, 1.06, .005},
    {"tf_efficientnetv2_b3", 240, 1.93, .005},
    {"tf_efficientnetv2_s", 300, 5.35, .005},
    {"tf_efficientnetv2_m", 384, 15.85, .005},
    {"tf_efficientnetv2_l", 384, 36.1, .05},
    {"convnext_atto", 224, .55, .005},
    {"convnext_femto", 224, .79, .005},
    {"convnext_pico", 224, 1.37, .005},
    {"convnext_nano", 224, 2.46, .005},
    {"convnext_tiny", 224, 4.47, .005},
    {"convnext_small", 224, 8.71, .005},
    {"convnext_base", 224, 15.38, .005},
    {"convnext_large", 224, 34.4, .05},
    {"convnextv2_atto", 224, .55, .005},
    {"convnextv2_nano", 224, 2.46, .005},
    {"convnextv2_tiny", 224, 4.47, .005},
    {"convnextv2_base", 224, 15.38, .005},
    {"resnet18", 224, 1.82, .005},
    {"resnet34", 224, 3.67, .005},
    {"resnet50", 224, 4.11, .005},
    {"resnet101", 224, 7.83, .005},
    {"resnet152", 224, 11.56, .005},
    {"vgg16", 224, 15.47, .005},
};

TEST(NodeCost, TotalsAgreeWithPublishedOnes) {
  for (const Published& p : kPublished) {
    const NodeCost total = TotalCost(GraphOf(p.network, p.size));
    const double gmac = 1e-9 * static_cast<double>(total.multiply_adds + total.norm_multiply_adds);
    EXPECT_NEAR(gmac, p.gmac, p.rounding) << p.network << " at " << p.size;
  }
}

TEST(NodeCost, ParametersOfLeNetAndVggAreThePublishedOnes) {
  EXPECT_EQ(TotalCost(GraphOf("lenet5")).parameters, 61'710);
  EXPECT_EQ(TotalCost(GraphOf("vgg16")).parameters, 138'357'544);
}

}  // namespace
}  // namespace avocet
