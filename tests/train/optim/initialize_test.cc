#include "engine/train/optim/initialize.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "engine/models/zoo.h"
#include "engine/train/optim/parameter_layers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace avocet {
namespace {

Graph Build(const std::string& name, int classes = 10) {
  const Backbone* backbone = *FindBackbone(name);
  return *backbone->build(
      {.classes = classes, .height = backbone->image_size, .width = backbone->image_size});
}

struct Moments {
  double mean;
  double deviation;
  double largest;
};

Moments Measure(const Parameters& parameters, const std::string& name) {
  double sum = 0, squares = 0, largest = 0;
  const std::span<const float> values = parameters.Get(name);
  for (const float value : values) {
    sum += value;
    squares += static_cast<double>(value) * value;
    largest = std::max(largest, std::abs(static_cast<double>(value)));
  }
  const auto count = static_cast<double>(values.size());
  const double mean = sum / count;
  return {mean, std::sqrt(squares / count - mean * mean), largest};
}

// The deviation, within four standard errors of it.
void ExpectDeviation(const Parameters& parameters, const std::string& name, double expected) {
  const Moments moments = Measure(parameters, name);
  const double error = 4 / std::sqrt(2.0 * static_cast<double>(parameters.Get(name).size()));
  EXPECT_NEAR(moments.deviation, expected, expected * error) << name;
  EXPECT_NEAR(moments.mean, 0, expected * error * 1.5) << name;
}

TEST(InitializeTest, EfficientNet) {
  const Parameters p = InitialParameters(Build("efficientnet_b0"), "efficientnet_b0", 1);
  ExpectDeviation(p, "conv_stem.weight", std::sqrt(2.0 / (9 * 32)));
  ExpectDeviation(p, "blocks.5.0.conv_dw.weight", std::sqrt(2.0 / 25));  // 672 groups
  ExpectDeviation(p, "conv_head.weight", std::sqrt(2.0 / 1280));
  ExpectDeviation(p, "classifier.weight", 1 / std::sqrt(10.0 * 3));
  EXPECT_LE(Measure(p, "classifier.weight").largest, 1 / std::sqrt(10.0));
  EXPECT_EQ(Measure(p, "classifier.bias").largest, 0);
  EXPECT_EQ(p.Get("bn1.weight")[3], 1);
  EXPECT_EQ(p.Get("bn1.running_mean")[3], 0);
  EXPECT_EQ(p.Get("bn1.running_var")[3], 1);
  EXPECT_EQ(p.Get("blocks.1.1.bn3.weight")[0], 1);
}

TEST(InitializeTest, ResNetBeginsAsIdentity) {
  const Parameters p = InitialParameters(Build("resnet50"), "resnet50", 1);
  ExpectDeviation(p, "layer1.0.conv2.weight", std::sqrt(2.0 / (9 * 64)));
  EXPECT_EQ(Measure(p, "layer1.0.bn3.weight").largest, 0);
  EXPECT_EQ(p.Get("layer1.0.bn2.weight")[0], 1);
  EXPECT_EQ(p.Get("layer1.0.downsample.1.weight")[0], 1);
  ExpectDeviation(p, "fc.weight", 1 / std::sqrt(3 * 2048.0));
  EXPECT_GT(Measure(p, "fc.bias").largest, 0);
}

TEST(InitializeTest, ConvNeXtAndLeNet) {
  const Parameters p = InitialParameters(Build("convnext_atto"), "convnext_atto", 1);
  ExpectDeviation(p, "stages.1.blocks.0.mlp.fc1.weight", 0.02);
  ExpectDeviation(p, "head.fc.weight", 0.02);
  EXPECT_FLOAT_EQ(p.Get("stages.0.blocks.0.gamma")[5], 1e-6f);
  EXPECT_EQ(p.Get("stages.0.blocks.0.norm.weight")[5], 1);
  EXPECT_EQ(p.Get("stages.0.blocks.0.conv_dw.bias")[5], 0);

  const Parameters lenet = InitialParameters(Build("lenet5"), "lenet5", 1);
  ExpectDeviation(lenet, "fc1.weight", 1 / std::sqrt(3 * 400.0));
  EXPECT_LE(Measure(lenet, "conv1.bias").largest, 0.2);
  EXPECT_EQ(lenet.Get("pool1.weight")[0], 1);
  EXPECT_EQ(lenet.Get("pool1.bias")[0], 0);
}

TEST(InitializeTest, DependsOnSeedAndNameAlone) {
  const auto first = [](std::uint64_t seed, int classes) {
    const Parameters p = InitialParameters(Build("lenet5", classes), "lenet5", seed);
    return std::vector<float>(p.Get("conv2.weight").begin(), p.Get("conv2.weight").end());
  };
  EXPECT_EQ(first(1, 10), first(1, 7));
  EXPECT_NE(first(1, 10), first(2, 10));
}

int StageOf(const std::vector<ParameterLayer>& layers, const std::string& name) {
  const auto found = std::ranges::find(layers, name, &ParameterLayer::parameter);
  return found == layers.end() ? -1 : found->stage;
}

TEST(ParameterLayersTest, FollowsTimmsNames) {
  const auto efficientnet = ParameterLayers(Build("tf_efficientnet_lite0"));
  EXPECT_EQ(StageOf(efficientnet, "bn1.bias"), 0);
  EXPECT_EQ(StageOf(efficientnet, "blocks.0.0.bn1.bias"), 1);
  EXPECT_EQ(StageOf(efficientnet, "blocks.6.0.bn1.bias"), 7);
  EXPECT_EQ(StageOf(efficientnet, "conv_head.weight"), 8);
  EXPECT_EQ(StageCount(efficientnet), 8);
  const auto convnext = ParameterLayers(Build("convnext_atto"));
  EXPECT_EQ(StageOf(convnext, "stem.1.weight"), 0);
  EXPECT_EQ(StageOf(convnext, "stages.3.downsample.0.weight"), 4);
  EXPECT_EQ(StageOf(convnext, "head.norm.weight"), 5);
  const auto resnet = ParameterLayers(Build("resnet18"));
  EXPECT_EQ(StageOf(resnet, "bn1.weight"), 0);
  EXPECT_EQ(StageOf(resnet, "layer4.1.bn2.weight"), 4);
  EXPECT_EQ(StageOf(ParameterLayers(Build("lenet5")), "pool1.weight"), 2);
}

TEST(ParameterLayersTest, FreezesFromBelow) {
  const auto layers = ParameterLayers(Build("tf_efficientnet_lite0"));
  const std::set<std::string> two = *FirstStages(layers, 2);
  EXPECT_TRUE(two.contains("conv_stem.weight"));
  EXPECT_TRUE(two.contains("blocks.1.1.bn3.running_mean"));
  EXPECT_FALSE(two.contains("blocks.2.0.conv_pw.weight"));
  const std::set<std::string> backbone = BackboneParameters(layers);
  EXPECT_TRUE(backbone.contains("conv_head.weight"));
  EXPECT_FALSE(backbone.contains("classifier.weight"));
  EXPECT_EQ(FirstStages(layers, 9).status().message(),
            "expected at most 8 stages to freeze, found 9");
}

// By parameter.
std::map<std::string, double> RateFactorsOf(const std::string& network,
                                            const RateFactors& factors) {
  const Graph graph = Build(network);
  std::vector<TrainedParameter> trained = TrainedParameters(GraphParameters(graph));
  SetRateFactors(ParameterLayers(graph), factors, trained);
  std::map<std::string, double> by_name;
  for (const TrainedParameter& parameter : trained) {
    by_name[parameter.spec.name] = parameter.rate_factor;
  }
  return by_name;
}

TEST(ParameterLayersTest, HeadAndBackboneHaveTheirFactors) {
  const auto resnet = RateFactorsOf("resnet18", {.head = 10, .backbone = 0.5, .layer_decay = 0.25});
  EXPECT_DOUBLE_EQ(resnet.at("fc.bias"), 10);
  EXPECT_DOUBLE_EQ(resnet.at("layer4.1.conv1.weight"), 0.5 * 0.25);
}

// The classifier is a layer of its own in every network, as in timm, and what stands right below it
// is one layer away.
TEST(ParameterLayersTest, RatesFallWithEveryLayer) {
  const RateFactors half{.layer_decay = 0.5};
  const auto resnet = RateFactorsOf("resnet18", half);
  EXPECT_DOUBLE_EQ(resnet.at("fc.weight"), 1);
  EXPECT_DOUBLE_EQ(resnet.at("layer4.1.conv1.weight"), 0.5);
  EXPECT_DOUBLE_EQ(resnet.at("layer4.0.conv1.weight"), 0.25);
  EXPECT_DOUBLE_EQ(resnet.at("layer4.0.downsample.0.weight"), 0.25);
  EXPECT_DOUBLE_EQ(resnet.at("layer1.0.bn1.weight"), std::pow(0.5, 8));  // of eight blocks
  EXPECT_DOUBLE_EQ(resnet.at("conv1.weight"), std::pow(0.5, 9));
  const auto lenet = RateFactorsOf("lenet5", half);
  EXPECT_DOUBLE_EQ(lenet.at("fc3.weight"), 1);
  EXPECT_DOUBLE_EQ(lenet.at("fc2.weight"), 0.5);
  EXPECT_DOUBLE_EQ(lenet.at("conv1.weight"), std::pow(0.5, 6));
  const auto efficientnet = RateFactorsOf("tf_efficientnet_lite0", half);
  EXPECT_DOUBLE_EQ(efficientnet.at("classifier.weight"), 1);
  EXPECT_DOUBLE_EQ(efficientnet.at("conv_head.weight"), 0.5);
  EXPECT_DOUBLE_EQ(efficientnet.at("blocks.6.0.conv_pw.weight"), 0.25);
  const auto convnext = RateFactorsOf("convnext_atto", half);
  EXPECT_DOUBLE_EQ(convnext.at("head.fc.weight"), 1);
  EXPECT_DOUBLE_EQ(convnext.at("head.norm.weight"), 0.5);
  EXPECT_DOUBLE_EQ(convnext.at("stages.3.blocks.1.mlp.fc1.weight"), 0.25);
  const auto vgg = RateFactorsOf("vgg11", half);
  EXPECT_DOUBLE_EQ(vgg.at("head.fc.weight"), 1);
  EXPECT_DOUBLE_EQ(vgg.at("pre_logits.fc2.weight"), 0.5);
  EXPECT_DOUBLE_EQ(vgg.at("features.18.weight"), 0.25);
}

}  // namespace
}  // namespace avocet
