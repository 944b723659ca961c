// Names, shapes and counts of parameters, against timm's state dicts.
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>

#include "engine/graph/parameter_spec.h"
#include "engine/models/zoo.h"
#include "tests/models/state_dicts.h"

namespace avocet {
namespace {

StateDict Built(std::string_view network) {
  const absl::StatusOr<Graph> graph = (*FindBackbone(network))->build({});
  EXPECT_TRUE(graph.ok()) << graph.status();
  StateDict dict;
  for (const ParameterSpec& spec : GraphParameters(*graph)) dict[spec.name] = spec.shape;
  for (const std::string& counter : BatchCounters(*graph)) dict[counter] = {};
  return dict;
}

TEST(StateDict, EqualsTimms) {
  const auto expected = ReadStateDicts();
  ASSERT_FALSE(expected.empty());
  for (const auto& [network, dict] : expected) EXPECT_EQ(Built(network), dict) << network;
}

// `tf_` networks differ from the native ones in padding and epsilon alone.
TEST(StateDict, OfNativeAndTensorFlowFormIsOne) {
  for (const Backbone* backbone : AllBackbones()) {
    if (!backbone->name.starts_with("tf_") || !FindBackbone(backbone->name.substr(3)).ok()) {
      continue;
    }
    EXPECT_EQ(Built(backbone->name), Built(backbone->name.substr(3))) << backbone->name;
  }
}

TEST(StateDict, CountsArePublishedOnes) {
  const std::map<std::string, std::int64_t> published = {
      {"lenet5", 61'710},
      {"vgg16", 138'357'544},
      {"vgg16_bn", 138'365'992},
      {"resnet18", 11'689'512},
      {"resnet34", 21'797'672},
      {"resnet50", 25'557'032},
      {"resnet101", 44'549'160},
      {"resnet152", 60'192'808},
      {"efficientnet_b0", 5'288'548},
      {"efficientnet_b1", 7'794'184},
      {"efficientnet_b2", 9'109'994},
      {"efficientnet_b3", 12'233'232},
      {"efficientnet_b4", 19'341'616},
      {"efficientnet_b5", 30'389'784},
      {"efficientnet_b6", 43'040'704},
      {"efficientnet_b7", 66'347'960},
      {"tf_efficientnet_lite0", 4'652'008},
      {"tf_efficientnet_lite1", 5'416'680},
      {"tf_efficientnet_lite2", 6'092'072},
      {"tf_efficientnet_lite3", 8'197'096},
      {"tf_efficientnet_lite4", 13'006'568},
      {"tf_efficientnetv2_b0", 7'139'704},
      {"tf_efficientnetv2_b1", 8'141'052},
      {"tf_efficientnetv2_b2", 10'096'086},
      {"tf_efficientnetv2_b3", 14'358'406},
      {"tf_efficientnetv2_s", 21'458'488},
      {"tf_efficientnetv2_m", 54'139'356},
      {"tf_efficientnetv2_l", 118'515'272},
      {"convnext_atto", 3'695'520},
      {"convnext_femto", 5'217'784},
      {"convnext_pico", 9'045'672},
      {"convnext_nano", 15'593'560},
      {"convnext_tiny", 28'589'128},
      {"convnext_small", 50'223'688},
      {"convnext_base", 88'591'464},
      {"convnext_large", 197'767'336},
      {"convnextv2_tiny", 28'635'496},
      {"convnextv2_base", 88'717'800},
  };
  for (const auto& [network, count] : published) {
    const Backbone* backbone = *FindBackbone(network);
    const BuildOptions options = {.classes = network == "lenet5" ? 10 : 1000,
                                  .height = backbone->image_size,
                                  .width = backbone->image_size};
    EXPECT_EQ(CountTrainable(*backbone->build(options)), count) << network;
  }
}

}  // namespace
}  // namespace avocet
