// Real networks from real folders.
#include "server/model_loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/check.h"
#include "engine/checkpoint/model_folder.h"
#include "engine/checkpoint/safetensors_writer.h"
#include "engine/graph/parameter_spec.h"
#include "engine/graph/quantization.h"
#include "engine/models/zoo.h"
#include "engine/onednn/inference_model.h"
#include "engine/passes/pass.h"
#include "tests/checkpoint/temporary_folder.h"
#include "tests/reference/golden.h"

namespace avocet {
namespace {

using ::testing::HasSubstr;

constexpr int kSide = 32;
constexpr int kClasses = 4;
constexpr char kNetwork[] = "tf_efficientnet_lite0";

class ModelLoaderTest : public ::testing::Test {
 protected:
  // Writes a model folder of `architecture` and returns its path.
  std::string Write(const std::string& architecture = kNetwork, bool quantized = false,
                    std::optional<int> channels = {}) {
    ModelConfig config;
    config.architecture = architecture;
    config.num_classes = kClasses;
    config.label_names = {"a", "b", "c", "d"};
    config.preprocess.height = config.preprocess.width = kSide;
    const Graph graph = *(*FindBackbone(architecture))
                             ->build({.classes = kClasses, .height = kSide, .width = kSide});
    config.preprocess.channels = channels.value_or(graph.node(0).shape.c);
    Parameters parameters = NamedParameters(graph);
    const auto specs = GraphParameters(graph);
    Quantization quantization;
    if (quantized) {
      Parameters folded = NamedParameters(graph);
      const Graph optimized = RunInferencePasses(graph, folded);
      for (const Node& node : optimized.nodes()) {
        quantization.activations[node.name] = {.scale = 0.1f, .is_signed = true};
      }
    }
    const auto path =
        WriteModelFolder({folder_.path(), "net", {}}, config, TensorsOf(parameters, specs),
                         quantized ? &quantization : nullptr);
    AVOCET_CHECK(path.ok());
    return *path;
  }

  absl::StatusOr<std::shared_ptr<const ServedModel>> Load(const std::string& path,
                                                          WantedPrecision wanted) {
    return LoadModel(path, "net", 1, {.precision = {.of_all = wanted, .of_model = {}}}, tuner_);
  }

  const TemporaryFolder folder_;
  std::unique_ptr<TuningCache> cache_ = TuningCache::InMemory();
  Tuner tuner_{{.cache = cache_.get()}};
};

TEST_F(ModelLoaderTest, ComputesInThePrecisionAskedFor) {
  const std::string path = Write();
  const auto exact = Load(path, Precision::kFloat32);
  ASSERT_TRUE(exact.ok()) << exact.status();
  EXPECT_EQ((*exact)->precision, Precision::kFloat32);
  const WeightBytes float_bytes = (*exact)->weight_bytes();
  EXPECT_GT(float_bytes.packed, 4u * 3'000'000u);
  EXPECT_EQ(float_bytes.duplicate, 0u);
  const auto rounded = Load(path, Precision::kBFloat16);
  ASSERT_TRUE(rounded.ok()) << rounded.status();
  if (HasBFloat16Instructions()) {
    EXPECT_EQ((*rounded)->precision, Precision::kBFloat16);
    EXPECT_LT((*rounded)->weight_bytes().packed, float_bytes.packed * 2 / 3);
  } else {
    EXPECT_EQ((*rounded)->precision, Precision::kFloat32);
  }
  EXPECT_EQ(Load(path, Precision::kInt8).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ModelLoaderTest, ChoosesThePrecisionThatTheCostsSpeakFor) {
  const std::string path = Write(kNetwork, /*quantized=*/true);
  const auto pinned = Load(path, Precision::kInt8);
  ASSERT_TRUE(pinned.ok()) << pinned.status();
  EXPECT_EQ((*pinned)->precision, Precision::kInt8);
  // What is in the cache counts, so nothing is measured.
  for (const Precision fastest : kPrecisions) {
    if (fastest == Precision::kBFloat16 && !HasBFloat16Instructions()) continue;
    for (const Precision precision : kPrecisions) {
      TuningKey key = (*pinned)->tuning_key;
      key.precision = precision;
      if (precision != Precision::kInt8) key.variant = "";
      const auto cost = std::chrono::milliseconds(precision == fastest ? 1 : 9);
      ASSERT_TRUE(cache_->Store(key, {.lone = LoneCosts{cost, cost}, .batches = {}}).ok());
    }
    const auto chosen = Load(path, std::nullopt);
    ASSERT_TRUE(chosen.ok()) << chosen.status();
    EXPECT_EQ((*chosen)->precision, fastest);
    EXPECT_EQ((*chosen)->weight_bytes().duplicate > 0, fastest == Precision::kInt8)
        << "weights of the others are gone";
  }
}

TEST_F(ModelLoaderTest, MeasuresWhatItDoesNotKnow) {
  const auto model = Load(Write(kNetwork, /*quantized=*/true), std::nullopt);
  ASSERT_TRUE(model.ok()) << model.status();
  for (const int batch_size : {1, 2}) {
    const auto plan = (*model)->make_plan(batch_size, /*threads=*/1);
    ASSERT_TRUE(plan.ok()) << plan.status();
    EXPECT_EQ((*plan)->logits().size(), static_cast<size_t>(batch_size * kClasses));
  }
  const std::optional<PlanCosts> costs = cache_->Find((*model)->tuning_key);
  ASSERT_TRUE(costs && costs->lone);
  EXPECT_GT(costs->lone->single.count(), 0);
}

TEST_F(ModelLoaderTest, HandsOutItsFirstPlanOnceAndPlansOfOtherSizes) {
  const auto model = Load(Write(), Precision::kFloat32);
  ASSERT_TRUE(model.ok()) << model.status();
  const auto first = (*model)->make_plan(1, 1);
  const auto second = (*model)->make_plan(1, 1);
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_NE(*first, *second);
  const auto larger = (*model)->plans_at(48, 48);
  ASSERT_TRUE(larger.ok());
  EXPECT_EQ((**(*larger)(1, 1)).input().size(), 48u * 48 * 3);
}

TEST_F(ModelLoaderTest, LoadsNetworksOfOneChannel) {
  const auto model = Load(Write("lenet5"), Precision::kFloat32);
  ASSERT_TRUE(model.ok()) << model.status();
  const auto plan = (*model)->make_plan(1, 1);
  ASSERT_TRUE(plan.ok());
  std::vector<std::uint8_t> grey;  // in all three channels
  for (int i = 0; i < kSide * kSide; ++i) grey.insert(grey.end(), 3, std::uint8_t(i * 5));
  Preprocessor::Scratch scratch;
  (*model)->preprocessor.Run({kSide, kSide, grey}, &scratch, (*plan)->input());
}

TEST_F(ModelLoaderTest, RefusesAConfigurationOfOtherChannelsThanTheNetworks) {
  const auto model =
      Load(Write("lenet5", /*quantized=*/false, /*channels=*/3), Precision::kFloat32);
  EXPECT_EQ(model.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(model.status().message()),
              HasSubstr("expected input_size to begin with 1, the channels of lenet5, found 3"));
}

}  // namespace
}  // namespace avocet
