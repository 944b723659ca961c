#include "engine/models/zoo.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "engine/base/edit_distance.h"
#include "engine/models/efficientnet_network.h"

namespace avocet {
namespace {

using testing::HasSubstr;

TEST(Zoo, NamesAreUnique) {
  std::set<std::string_view> names;
  for (const Backbone* backbone : AllBackbones()) {
    EXPECT_TRUE(names.insert(backbone->name).second) << backbone->name;
  }
}

TEST(Zoo, UnknownNameListsTheNearest) {
  const auto found = FindBackbone("tf_efficientnet_lite9");
  EXPECT_EQ(found.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(found.status().message()), HasSubstr("tf_efficientnet_lite0"));
  EXPECT_THAT(std::string(found.status().message()), HasSubstr("\"tf_efficientnet_lite9\""));
}

TEST(Zoo, EveryNetworkBuildsAtItsOwnSizeAndAtOthers) {
  for (const Backbone* backbone : AllBackbones()) {
    for (const int size : {backbone->image_size, 33, 64, 1024}) {
      const auto graph = backbone->build({.classes = 7, .height = size, .width = size + 1});
      ASSERT_TRUE(graph.ok()) << backbone->name << " " << size << ": " << graph.status();
      EXPECT_EQ(graph->node(graph->output()).shape, (Shape{1, 7, 1, 1}));
    }
  }
}

TEST(Zoo, DropPathGrowsWithDepth) {
  const auto graph =
      (*FindBackbone("tf_efficientnet_lite0"))->build({.drop_rate = 0.2f, .drop_path_rate = 0.2f});
  float last = 0;
  for (const Node& node : graph->nodes()) {
    if (const auto* drop = std::get_if<DropPath>(&node.op)) {
      EXPECT_GT(drop->rate, last);
      last = drop->rate;
    }
  }
  EXPECT_GT(last, 0);
  EXPECT_LT(last, 0.2f);
}

TEST(RoundChannels, KeepsNinetyPercent) {
  EXPECT_EQ(RoundChannels(32, 1.1), 32);
  EXPECT_EQ(RoundChannels(80, 1.1), 88);
  EXPECT_EQ(RoundChannels(16, 1.2), 24);
  EXPECT_EQ(RoundChannels(1, 1.0), 8);
}

TEST(EditDistance, CountsEdits) {
  EXPECT_EQ(EditDistance("", ""), 0u);
  EXPECT_EQ(EditDistance("abc", ""), 3u);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3u);
  EXPECT_EQ(EditDistance("resnet50", "resnet18"), 2u);
}

}  // namespace
}  // namespace avocet
