#include "engine/graph/stem.h"

#include <gtest/gtest.h>

#include <utility>

#include "engine/graph/builder.h"

namespace avocet {
namespace {

TEST(Stem, IsFollowedByADepthwiseConvolution) {
  Builder b({.channels = 3, .height = 16, .width = 16});
  const Value stem = b.Conv("stem", b.input(), {.out_channels = 8, .kernel = 3});
  b.Conv("dw", stem, {.out_channels = 8, .kernel = 3, .groups = 8});
  const Graph graph = *std::move(b).Finish();
  ASSERT_TRUE(DepthwiseBehindStem(graph).has_value());
  EXPECT_EQ(graph.node(*DepthwiseBehindStem(graph)).name, "dw");
}

TEST(Stem, IsNotFollowedByOneIfItsResultIsReadElsewhere) {
  Builder b({.channels = 3, .height = 16, .width = 16});
  const Value stem = b.Conv("stem", b.input(), {.out_channels = 8, .kernel = 3});
  const Value dw = b.Conv("dw", stem, {.out_channels = 8, .kernel = 3, .groups = 8});
  b.Add(stem, dw);
  EXPECT_FALSE(DepthwiseBehindStem(*std::move(b).Finish()).has_value());
}

TEST(Stem, IsNotFollowedByOneIfTheNextIsFull) {
  Builder b({.channels = 3, .height = 16, .width = 16});
  const Value stem = b.Conv("stem", b.input(), {.out_channels = 8, .kernel = 3});
  const Value full = b.Conv("full", stem, {.out_channels = 8, .kernel = 3});
  b.Conv("dw", full, {.out_channels = 8, .kernel = 3, .groups = 8});
  EXPECT_FALSE(DepthwiseBehindStem(*std::move(b).Finish()).has_value());
}

TEST(Stem, OfOnePixelIsNotFollowedByOne) {
  Builder b({.channels = 3, .height = 16, .width = 16});
  const Value stem = b.Conv("stem", b.input(), {.out_channels = 8, .kernel = 1});
  b.Conv("dw", stem, {.out_channels = 8, .kernel = 3, .groups = 8});
  EXPECT_FALSE(DepthwiseBehindStem(*std::move(b).Finish()).has_value());
}

}  // namespace
}  // namespace avocet
