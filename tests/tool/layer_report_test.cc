#include "engine/tool/layer_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/models/zoo.h"

namespace avocet {
namespace {

using testing::HasSubstr;

Network Lenet() { return *FindNetwork("lenet5", {}); }

TEST(LayerReport, PrintsTheTableOfLeNet) {
  EXPECT_EQ(LayersText(Lenet(), false, 0),
            R"(lenet5   input 32x32x1, 10 classes

LAYER  TYPE             FILTERS @ PATCH/S    OUTPUT  PARAMETERS  MUL-ADD   MEMORY  FIELD  JUMP
----------------------------------------------------------------------------------------------
conv1  conv+tanh        6 @ 5x5/1           28x28x6         156    118 k  18.8 kB      5     1
pool1  scaled avg pool  2x2/2               14x14x6           2   1.18 k  4.70 kB      6     2
conv2  conv+tanh        16 @ 5x5/1         10x10x16       2,416    240 k  6.40 kB     14     2
pool2  scaled avg pool  2x2/2                5x5x16           2      400  1.60 kB     16     4
fc1    linear+tanh      120 @ 5x5           1x1x120      48,120   48.0 k    480 B     32     4
fc2    linear+tanh      84 @ 1x1             1x1x84      10,164   10.1 k    336 B     32     4
fc3    linear           10 @ 1x1             1x1x10         850      840     40 B     32     4
----------------------------------------------------------------------------------------------
total  7 layers                                          61,710    418 k  32.4 kB

61,710 parameters, 247 kB in float32
418.1 k multiply-adds in convolutions and linear layers
32.4 kB of activations for one image, if all are kept
)");
}

TEST(LayerReport, FitsAHundredColumnsForEveryNetwork) {
  for (const Backbone* backbone : AllBackbones()) {
    const Network network = *FindNetwork(std::string(backbone->name), {});
    std::istringstream text(LayersText(network, false, 100));
    for (std::string line; std::getline(text, line);) {
      ASSERT_LE(line.size(), 100u) << backbone->name << ": " << line;
    }
  }
}

TEST(LayerReport, SaysWhichCountIncludesNorms) {
  const std::string text = LayersText(*FindNetwork("resnet50", {}), false, 0);
  EXPECT_THAT(text, HasSubstr("4.089 G multiply-adds in convolutions and linear layers; "
                              "4.111 G with norms (as published)\n"));
  EXPECT_THAT(text, HasSubstr("25,557,032 parameters, 102 MB in float32\n"));
}

TEST(LayerReport, JsonHasTheNumbers) {
  const auto json = nlohmann::json::parse(LayersJson(*FindNetwork("resnet18", {}), false));
  EXPECT_EQ(json["network"], "resnet18");
  EXPECT_EQ(json["input"], (std::vector<int>{3, 224, 224}));
  EXPECT_EQ(json["classes"], 1000);
  EXPECT_EQ(json["totals"]["parameters"], 11'689'512);
  EXPECT_EQ(json["layers"][0]["name"], "conv1");
  EXPECT_EQ(json["layers"][0]["output"], (std::vector<int>{64, 112, 112}));
  EXPECT_EQ(json["layers"][0]["receptive_field"], 7);
  EXPECT_TRUE(json["layers"].back()["receptive_field"].is_null());
}

TEST(FindNetwork, TakesSizeAndClasses) {
  const Network network = *FindNetwork("resnet18", {.size = 64, .classes = 7});
  EXPECT_EQ(network.input(), (Shape{1, 3, 64, 64}));
  EXPECT_EQ(network.classes(), 7);
}

TEST(FindNetwork, NamesTheNearest) {
  const absl::Status status = FindNetwork("resnet51", {}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("resnet50"));
}

TEST(FindNetwork, RefusesSizesThatTheNetworkCannotTake) {
  EXPECT_EQ(FindNetwork("lenet5", {.size = 8, .classes = std::nullopt}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace avocet
