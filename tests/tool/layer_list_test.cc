#include "engine/tool/layer_list.h"

#include <gtest/gtest.h>

#include "engine/passes/pass.h"
#include "engine/tool/network.h"
#include "tests/tool/graph_of.h"

namespace avocet {
namespace {

const Layer& Find(const std::vector<Layer>& layers, std::string_view name) {
  for (const Layer& layer : layers) {
    if (layer.name == name) return layer;
  }
  ADD_FAILURE() << "no layer " << name;
  return layers.front();
}

TEST(LayerList, JoinsNormsAndActivationsToTheirLayer) {
  const std::vector<Layer> layers = ListLayers(GraphOf("tf_efficientnet_lite0"), false);
  const Layer& stem = layers.front();
  EXPECT_EQ(stem.name, "conv_stem");
  EXPECT_EQ(stem.type, "conv+bn+relu6");
  EXPECT_EQ(stem.window, "32 @ 3x3/2 p0:1");
  EXPECT_EQ(stem.output, (Shape{1, 32, 112, 112}));
  EXPECT_EQ(stem.cost.parameters, 3 * 3 * 3 * 32 + 2 * 32);
  EXPECT_EQ(stem.cost.activation_bytes, 4 * 32 * 112 * 112);
  EXPECT_EQ(layers[1].type, "dw conv+bn+relu6");
  EXPECT_EQ(layers[1].window, "32 @ 3x3/1 p1");
}

TEST(LayerList, KeepsOperatorsWhoseSourceOthersReadApart) {
  // ConvNeXt's blocks read the stem's norm twice: as source and as shortcut.
  const std::vector<Layer> layers = ListLayers(GraphOf("convnext_atto"), false);
  EXPECT_EQ(layers[0].type, "conv");
  EXPECT_EQ(layers[1].type, "layer norm");
  EXPECT_EQ(Find(layers, "stages.0.blocks.0.mlp.fc2").type, "conv+scale");
}

TEST(LayerList, ShowsEveryOperatorOnDemand) {
  const Graph graph = GraphOf("resnet18");
  EXPECT_EQ(ListLayers(graph, true).size(), static_cast<std::size_t>(graph.size() - 1));
  EXPECT_EQ(Find(ListLayers(graph, true), "bn1").type, "bn");
}

TEST(LayerList, SumsAreThoseOfTheGraph) {
  for (const char* name : {"vgg11_bn", "resnet50", "efficientnet_b0", "convnextv2_atto"}) {
    const Graph graph = GraphOf(name);
    const NodeCost expected = TotalCost(graph);
    NodeCost found;
    for (const Layer& layer : ListLayers(graph, false)) found += layer.cost;
    EXPECT_EQ(found.parameters, expected.parameters) << name;
    EXPECT_EQ(found.multiply_adds, expected.multiply_adds) << name;
    EXPECT_EQ(found.norm_multiply_adds, expected.norm_multiply_adds) << name;
  }
}

TEST(LayerList, DescribesWindowsOfEveryKind) {
  const std::vector<Layer> vgg = ListLayers(GraphOf("vgg11"), false);
  EXPECT_EQ(vgg[0].window, "64 @ 3x3/1 p1");
  EXPECT_EQ(vgg[1].type, "max pool");
  EXPECT_EQ(vgg[1].window, "2x2/2");
  EXPECT_EQ(Find(vgg, "head.fc").window, "1000 @ 1x1");
  EXPECT_EQ(Find(ListLayers(GraphOf("lenet5"), false), "fc1").window, "120 @ 5x5");
  EXPECT_EQ(Find(ListLayers(GraphOf("resnet18"), false), "conv1").window, "64 @ 7x7/2 p3");
}

TEST(LayerList, NamesWhatPassesHaveFused) {
  const Network network = *FindNetwork("resnet18", {.size = 32, .classes = std::nullopt});
  Parameters parameters = *NetworkParameters(network);
  const Graph graph = RunInferencePasses(network.graph, parameters);
  const std::vector<Layer> layers = ListLayers(graph, false);
  EXPECT_EQ(Find(layers, "layer1.0.conv2").type, "conv+add+relu");
  EXPECT_EQ(Find(layers, "layer4.1.conv2").field.size,
            Find(ListLayers(network.graph, false), "layer4.1.conv2").field.size);
}

}  // namespace
}  // namespace avocet
