#include "engine/checkpoint/foreign_names.h"

#include "engine/graph/parameter_spec.h"
#include "engine/models/zoo.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace avocet {
namespace {

using testing::ElementsAre;

Graph Network(std::string_view name) { return *(*FindBackbone(name))->build({}); }

std::vector<std::string> Names(const std::vector<TensorView>& tensors) {
  std::vector<std::string> names;
  for (const TensorView& tensor : tensors) names.push_back(tensor.name);
  return names;
}

std::vector<TensorView> Named(const std::vector<std::string>& names) {
  std::vector<TensorView> tensors;
  for (const std::string& name : names) tensors.push_back({name, DType::kF32, {1}, {}});
  return tensors;
}

TEST(TranslateNames, GivesTorchvisionsVggTheShapesOfTimm) {
  const Graph vgg = Network("vgg16");
  std::vector<TensorView> tensors = {{"features.0.weight", DType::kF32, {64, 3, 3, 3}, {}},
                                     {"classifier.0.weight", DType::kF32, {4096, 25088}, {}},
                                     {"classifier.0.bias", DType::kF32, {4096}, {}},
                                     {"classifier.3.weight", DType::kF32, {4096, 4096}, {}},
                                     {"classifier.6.weight", DType::kF32, {1000, 4096}, {}}};
  const TranslatedTensors translated = TranslateNames(tensors, vgg);
  EXPECT_EQ(translated.source, "torchvision");
  EXPECT_THAT(Names(translated.tensors),
              ElementsAre("features.0.weight", "pre_logits.fc1.weight", "pre_logits.fc1.bias",
                          "pre_logits.fc2.weight", "head.fc.weight"));
  EXPECT_THAT(translated.tensors[1].shape, ElementsAre(4096, 512, 7, 7));
  EXPECT_THAT(translated.tensors[3].shape, ElementsAre(4096, 4096, 1, 1));
}

TEST(TranslateNames, TranslatesFacebooksConvNextV2) {
  const Graph network = Network("convnextv2_atto");
  std::vector<TensorView> tensors =
      Named({"downsample_layers.0.0.weight", "downsample_layers.0.1.bias",
             "downsample_layers.3.1.weight", "stages.2.10.dwconv.weight", "stages.0.1.norm.bias",
             "stages.0.1.pwconv1.weight", "stages.0.1.pwconv2.bias", "stages.0.1.grn.gamma",
             "stages.0.1.grn.beta", "norm.weight", "head.bias"});
  tensors[7].shape = {1, 1, 1, 160};
  const TranslatedTensors translated = TranslateNames(tensors, network);
  EXPECT_EQ(translated.source, "Facebook");
  EXPECT_THAT(Names(translated.tensors),
              ElementsAre("stem.0.weight", "stem.1.bias", "stages.3.downsample.1.weight",
                          "stages.2.blocks.10.conv_dw.weight", "stages.0.blocks.1.norm.bias",
                          "stages.0.blocks.1.mlp.fc1.weight", "stages.0.blocks.1.mlp.fc2.bias",
                          "stages.0.blocks.1.mlp.grn.weight", "stages.0.blocks.1.mlp.grn.bias",
                          "head.norm.weight", "head.fc.bias"));
  EXPECT_THAT(translated.tensors[7].shape, ElementsAre(160));
}

TEST(GiveShapes, MakesLinearLayersAndConvolutionsWhatTimmHas) {
  const auto shape_of = [](std::string_view network, std::vector<std::int64_t> shape) {
    std::vector<TensorView> tensors = {
        {"stages.0.blocks.0.mlp.fc1.weight", DType::kF32, std::move(shape), {}}};
    GiveShapes(Network(network), tensors);
    return tensors[0].shape;
  };
  EXPECT_THAT(shape_of("convnext_tiny", {384, 96, 1, 1}), ElementsAre(384, 96));
  EXPECT_THAT(shape_of("convnextv2_tiny", {384, 96, 1, 1}), ElementsAre(384, 96));
  EXPECT_THAT(shape_of("convnext_atto", {160, 40}), ElementsAre(160, 40, 1, 1));
  EXPECT_THAT(shape_of("convnext_tiny", {384, 48, 2}), ElementsAre(384, 48, 2));
}

TEST(TranslateNames, PrefersTheAveragedWeights) {
  const TranslatedTensors translated =
      TranslateNames(Named({"state_dict.module.fc.bias", "state_dict_ema.module._orig_mod.fc.bias",
                            "optimizer.step"}),
                     Network("resnet18"));
  EXPECT_EQ(translated.container, "state_dict_ema");
  EXPECT_THAT(Names(translated.tensors), ElementsAre("fc.bias"));
  EXPECT_EQ(translated.left_out, 2u);
}

TEST(TranslateNames, LeavesNamesThatCoincideAsTheyWere) {
  const auto tensors = Named({"module.fc.bias", "fc.bias"});
  EXPECT_THAT(Names(TranslateNames(tensors, Network("resnet18")).tensors),
              ElementsAre("module.fc.bias", "fc.bias"));
}

// Nothing in timm's own names is taken for a foreign one.
TEST(TranslateNames, KeepsTimmsNames) {
  for (const Backbone* backbone : AllBackbones()) {
    const Graph graph = *backbone->build({.height = 64, .width = 64});
    std::vector<TensorView> tensors;
    for (const ParameterSpec& spec : GraphParameters(graph)) {
      tensors.push_back({spec.name, DType::kF32, spec.shape, {}});
    }
    const TranslatedTensors translated = TranslateNames(tensors, graph);
    EXPECT_EQ(translated.source, "timm") << backbone->name;
    EXPECT_EQ(Names(translated.tensors), Names(tensors)) << backbone->name;
  }
}

}  // namespace
}  // namespace avocet
