#include "engine/quantization/quantize_network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <span>
#include <vector>

#include "engine/kernels/cpu.h"
#include "engine/models/zoo.h"
#include "engine/onednn/inference_model.h"
#include "tests/reference/golden.h"

namespace avocet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::UnorderedElementsAreArray;

constexpr int kSize = 64;  // so that no layer but the last sees a single pixel

class QuantizeNetworkTest : public testing::Test {
 protected:
  QuantizeNetworkTest()
      : graph_(
            *(*FindBackbone("resnet18"))->build({.classes = 10, .height = kSize, .width = kSize})),
        parameters_(NamedParameters(graph_)),
        calibration_(Images("calibration", 4)),
        held_out_(Images("held out", 8)) {}

  static std::vector<std::vector<float>> Images(const std::string& key, int count) {
    std::vector<std::vector<float>> images;
    for (int i = 0; i < count; ++i) {
      images.push_back(NamedValues(key + std::to_string(i), std::size_t{kSize} * kSize * 3));
    }
    return images;
  }

  absl::StatusOr<QuantizedNetwork> Quantize(const QuantizeOptions& options) {
    return QuantizeNetwork(graph_, parameters_, calibration_, held_out_, options);
  }

  Graph graph_;
  Parameters parameters_;
  std::vector<std::vector<float>> calibration_;
  std::vector<std::vector<float>> held_out_;
};

TEST_F(QuantizeNetworkTest, ComputesNearlyTheSameInInt8) {
  const auto network = Quantize({.agreement = 0});
  ASSERT_TRUE(network.ok()) << network.status();
  EXPECT_EQ(network->int8_layers, network->layers);
  EXPECT_EQ(network->layers, 21);
  EXPECT_EQ(network->multiply_adds.share(), 1.0);
  EXPECT_TRUE(network->float_layers.empty());
  EXPECT_GT(network->comparison.mean_cosine, 0.99);
  EXPECT_LT(network->comparison.mean_cosine, 1 - 1e-9);
  // The means of a max pooling, which has no scale of its own, are not collected.
  EXPECT_EQ(network->quantization.bias_corrections.size(), 20u);
  EXPECT_EQ(Quantize({.agreement = 0})->quantization, network->quantization);
}

// One channel is made larger than the others and its readers' weights smaller: the same in float,
// but the steps of 8 bits are too wide for the others.
TEST_F(QuantizeNetworkTest, PutsTheSensitiveLayerBackToFloat) {
  constexpr float kLarger = 1e4f;
  parameters_.Get("layer4.0.bn1.weight")[0] *= kLarger;
  parameters_.Get("layer4.0.bn1.bias")[0] *= kLarger;
  const std::span<float> weights = parameters_.Get("layer4.0.conv2.weight");
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (i / 9 % 512 == 0) weights[i] /= kLarger;
  }
  const auto all = Quantize({.agreement = 0});
  ASSERT_TRUE(all.ok()) << all.status();
  ASSERT_LT(all->comparison.agreement(), 1);
  const auto some = Quantize({.agreement = 1});
  ASSERT_TRUE(some.ok()) << some.status();
  EXPECT_EQ(some->comparison.agreement(), 1);
  ASSERT_FALSE(some->float_layers.empty());
  EXPECT_EQ(some->float_layers[0].name, "layer4.0.conv2");
  EXPECT_TRUE(some->quantization.float_layers.contains("layer4.0.conv2"));
  EXPECT_EQ(some->int8_layers, all->int8_layers - static_cast<int>(some->float_layers.size()));
}

// What a max pooling gets in float, its readers round by the scale of what it reads.
TEST_F(QuantizeNetworkTest, ReadsAFloatMaxPoolingInInt8) {
  auto network = Quantize({.agreement = 0});
  ASSERT_TRUE(network.ok()) << network.status();
  network->quantization.float_layers.insert("conv1");
  const auto model = InferenceModel::Create(graph_, NamedParameters(graph_), network->quantization);
  PlanOptions options = {.batch_size = 1, .height = kSize, .width = kSize, .threads = 1};
  std::vector<std::vector<float>> logits;
  for (const Precision precision : {Precision::kFloat32, Precision::kInt8}) {
    options.precision = precision;
    const auto plan = model->Compile(options);
    ASSERT_TRUE(plan.ok()) << plan.status();
    std::ranges::copy(held_out_[0], (*plan)->input().begin());
    (*plan)->Run();
    logits.emplace_back((*plan)->logits().begin(), (*plan)->logits().end());
  }
  const double cosine =
      CompareLogits(std::span(logits).first(1), std::span(logits).last(1)).mean_cosine;
  EXPECT_GT(cosine, 0.99);
  EXPECT_LT(cosine, 1 - 1e-9);
}

TEST_F(QuantizeNetworkTest, KeepsTheStemAndTheDepthwiseBehindItInFloat) {
  const Graph graph = *(*FindBackbone("tf_efficientnet_lite0"))
                           ->build({.classes = 10, .height = kSize, .width = kSize});
  const auto network =
      QuantizeNetwork(graph, NamedParameters(graph), calibration_, held_out_, {.agreement = 0});
  ASSERT_TRUE(network.ok()) << network.status();
  EXPECT_THAT(network->kept_float, ElementsAre("conv_stem", "blocks.0.0.conv_dw"));
  EXPECT_THAT(network->quantization.float_layers, UnorderedElementsAreArray(network->kept_float));
  EXPECT_EQ(network->int8_layers, network->layers - 2);
  EXPECT_GT(network->multiply_adds.share(), 0.95);
  EXPECT_GT(network->comparison.mean_cosine, 0.97);
  const auto model = InferenceModel::Create(graph, NamedParameters(graph), network->quantization);
  const auto plan = model->Compile(
      {.batch_size = 1, .height = kSize, .width = kSize, .precision = Precision::kInt8});
  ASSERT_TRUE(plan.ok()) << plan.status();
  if (HasAvx512Kernels()) {
    // It rounds what it writes itself, so no step does.
    EXPECT_THAT((*plan)->DebugString(), HasSubstr("blocks.0.0.conv_dw: own_dw:avx512_f32_int8\n"));
    EXPECT_THAT((*plan)->DebugString(), Not(HasSubstr("blocks.0.0.conv_dw.to_int8")));
  }
}

TEST_F(QuantizeNetworkTest, SaysWhatIsWrong) {
  const auto none = QuantizeNetwork(graph_, parameters_, calibration_, {}, {});
  EXPECT_THAT(std::string(none.status().message()), HasSubstr("found 4 and 0"));
  parameters_.Get("layer1.0.bn1.bias")[0] = std::numeric_limits<float>::infinity();
  EXPECT_THAT(std::string(Quantize({}).status().message()),
              HasSubstr("expected finite activations, found others at node \"layer1.0.conv1\""));
}

}  // namespace
}  // namespace avocet
