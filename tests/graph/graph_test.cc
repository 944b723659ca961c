#include "engine/graph/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "engine/graph/builder.h"
#include "engine/graph/infer_shape.h"

namespace avocet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Graph Branching() {
  Builder b({.channels = 3, .height = 8, .width = 6});
  const Builder::Scope scope = b.Enter("blocks.0");
  const Value x = b.Conv("conv_pw", b.input(), {.out_channels = 4, .kernel = 1});
  const Value y = b.Activation(x, ActivationKind::kRelu6);
  b.Add(y, x);
  return *std::move(b).Finish();
}

TEST(Graph, NamesCarryTheirScopes) {
  const Graph graph = Branching();
  EXPECT_EQ(graph.node(1).name, "blocks.0.conv_pw");
}

TEST(Graph, ConsumersAreThoseThatRead) {
  EXPECT_THAT(Branching().Consumers(),
              ElementsAre(ElementsAre(1), ElementsAre(2, 3), ElementsAre(3), ElementsAre()));
}

TEST(Graph, DebugStringShowsAllOfIt) {
  EXPECT_EQ(Branching().DebugString(),
            "%0 input: input -> [1, 3, 8, 6]\n"
            "%1 blocks.0.conv_pw: conv2d 4 @ 1x1 (%0) -> [1, 4, 8, 6]\n"
            "%2 blocks.0.act2: relu6 (%1) -> [1, 4, 8, 6]\n"
            "%3 blocks.0.add3: add (%2, %1) -> [1, 4, 8, 6]\n");
}

TEST(Graph, ReshapeInfersEveryShapeAnew) {
  const absl::StatusOr<Graph> reshaped = Branching().Reshape(5, 9, 2);
  ASSERT_TRUE(reshaped.ok()) << reshaped.status();
  EXPECT_EQ(reshaped->node(3).shape, (Shape{5, 4, 9, 2}));
}

TEST(Graph, ReshapeNamesTheNodeThatCannotTakeIt) {
  Builder b({.channels = 3, .height = 32, .width = 32});
  b.Conv("conv1", b.input(), {.out_channels = 6, .kernel = 5, .padding = Padding::kValid});
  const Graph graph = *std::move(b).Finish();
  const absl::Status status = graph.Reshape(1, 4, 32).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("\"conv1\""));
}

TEST(Builder, ReportsTheFirstError) {
  Builder b({.channels = 3, .height = 8, .width = 8});
  const Value wide = b.Conv("wide", b.input(), {.out_channels = 4, .kernel = 1});
  const Value odd = b.Conv("odd", b.input(), {.out_channels = 5, .kernel = 1});
  b.Add(wide, odd);
  b.Linear("fc", wide, 10);
  const absl::Status status = std::move(b).Finish().status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("\"add3\""));
}

TEST(Builder, RefusesGroupsThatDoNotDivide) {
  Builder b({.channels = 3, .height = 8, .width = 8});
  b.Conv("conv", b.input(), {.out_channels = 4, .kernel = 1, .groups = 2});
  EXPECT_FALSE(std::move(b).Finish().ok());
}

TEST(Builder, RefusesAnEmptyImage) {
  EXPECT_FALSE(Builder(Input{.channels = 3, .height = 0, .width = 8}).Finish().ok());
}

TEST(ResolvePads, SamePutsTheOddPixelLast) {
  const Conv2d three = {.out_channels = 1, .kernel = 3, .stride = 2, .padding = Padding::kSame};
  EXPECT_EQ(ResolvePads(three, 224, 225), (Pads{0, 1, 1, 1}));
  const Conv2d five = {.out_channels = 1, .kernel = 5, .stride = 2, .padding = Padding::kSame};
  EXPECT_EQ(ResolvePads(five, 56, 57), (Pads{1, 2, 2, 2}));
  const Conv2d stride_one = {.out_channels = 1, .kernel = 5, .padding = Padding::kSame};
  EXPECT_EQ(ResolvePads(stride_one, 7, 1), (Pads{2, 2, 2, 2}));
}

}  // namespace
}  // namespace avocet
