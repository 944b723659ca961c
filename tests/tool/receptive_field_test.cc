#include "engine/tool/receptive_field.h"

#include <gtest/gtest.h>

#include <string_view>

#include "engine/graph/builder.h"
#include "tests/tool/graph_of.h"

namespace avocet {
namespace {

ReceptiveField FieldOf(const Graph& graph, std::string_view name) {
  const std::vector<ReceptiveField> fields = ReceptiveFields(graph);
  for (NodeId id = 0; id < graph.size(); ++id) {
    if (graph.node(id).name == name) return fields[static_cast<std::size_t>(id)];
  }
  ADD_FAILURE() << "no node " << name;
  return {};
}

// The last field that is not the whole image.
ReceptiveField LargestLocal(const Graph& graph) {
  ReceptiveField last;
  for (const ReceptiveField& field : ReceptiveFields(graph)) {
    if (!field.global) last = field;
  }
  return last;
}

TEST(ReceptiveField, OfPublishedNetworks) {
  const Graph lenet = GraphOf("lenet5");
  EXPECT_EQ(FieldOf(lenet, "conv1").size, 5);
  EXPECT_EQ(FieldOf(lenet, "pool2").size, 16);
  EXPECT_EQ(FieldOf(lenet, "pool2").jump, 4);
  EXPECT_EQ(FieldOf(lenet, "fc1").size, 32);

  const Graph vgg = GraphOf("vgg16");
  EXPECT_EQ(FieldOf(vgg, "features.28").size, 196);
  EXPECT_EQ(FieldOf(vgg, "features.max_pool31").size, 212);
  EXPECT_EQ(FieldOf(vgg, "features.max_pool31").jump, 32);

  EXPECT_EQ(LargestLocal(GraphOf("resnet50")).size, 427);
  EXPECT_EQ(LargestLocal(GraphOf("convnext_tiny")).size, 1688);
  EXPECT_EQ(LargestLocal(GraphOf("convnext_tiny")).jump, 32);
}

TEST(ReceptiveField, IsGlobalBehindGlobalPooling) {
  const Graph graph = GraphOf("resnet50");
  EXPECT_TRUE(ReceptiveFields(graph).back().global);
}

TEST(ReceptiveField, IsGlobalBehindSqueezeAndExcite) {
  const Graph graph = GraphOf("efficientnet_b0");
  EXPECT_FALSE(FieldOf(graph, "blocks.0.0.conv_dw").global);
  EXPECT_TRUE(FieldOf(graph, "blocks.0.0.conv_pw").global);
}

TEST(ReceptiveField, IsGlobalBehindResponseNorm) {
  const Graph graph = GraphOf("convnextv2_atto");
  EXPECT_FALSE(FieldOf(graph, "stages.0.blocks.0.mlp.fc1").global);
  EXPECT_TRUE(FieldOf(graph, "stages.0.blocks.0.mlp.fc2").global);
}

TEST(ReceptiveField, OfMeetingBranchesIsTheLarger) {
  Builder b({.channels = 4, .height = 16, .width = 16});
  const Value stem = b.Conv("stem", b.input(), {.out_channels = 4, .kernel = 3, .stride = 2});
  const Value branch = b.Conv("branch", stem, {.out_channels = 4, .kernel = 5});
  b.Add(stem, branch);
  const std::vector<ReceptiveField> fields = ReceptiveFields(*std::move(b).Finish());
  EXPECT_EQ(fields.back().size, 3 + 4 * 2);
  EXPECT_EQ(fields.back().jump, 2);
}

TEST(ReceptiveField, OfEnlargedFeaturesHasSmallerJumps) {
  Builder b({.channels = 4, .height = 4, .width = 4});
  b.PoolUp(b.MaxPool(b.input(), {.kernel = 2, .stride = 2}), 4);
  const std::vector<ReceptiveField> fields = ReceptiveFields(*std::move(b).Finish());
  EXPECT_EQ(fields.back().jump, 1);
  EXPECT_EQ(fields.back().size, 4);
}

}  // namespace
}  // namespace avocet
