#include "engine/tool/import_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "engine/checkpoint/checkpoint.h"
#include "engine/tool/network.h"
#include "tests/checkpoint/temporary_folder.h"
#include "tests/reference/golden.h"

namespace avocet {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr int kClasses = 3;

// Facebook's name of one of timm's ConvNeXt parameters.
std::string FacebookName(std::string name) {
  name = absl::StrReplaceAll(name, {{"stem.", "downsample_layers.0."},
                                    {".blocks.", "."},
                                    {"conv_dw", "dwconv"},
                                    {"mlp.fc", "pwconv"},
                                    {"head.norm", "norm"},
                                    {"head.fc", "head"}});
  for (const char stage : {'1', '2', '3'}) {
    const std::string from = absl::StrCat("stages.", std::string(1, stage), ".downsample");
    name = absl::StrReplaceAll(name, {{from, "downsample_layers." + std::string(1, stage)}});
  }
  return name;
}

class ImportConvNext : public testing::Test {
 protected:
  ImportConvNext() {
    ModelConfig config;
    config.architecture = "convnext_atto";
    config.num_classes = kClasses;
    graph_ = *BuildGraph(config);
    parameters_ = NamedParameters(graph_);
    tensors_ = TensorsOf(parameters_, GraphParameters(graph_), DType::kF16);
    options_ = {.file = folder_.path() + "/weights.safetensors",
                .architecture = "convnext_atto",
                .output = {folder_.path(), "atto", std::nullopt},
                .labels = "",
                .size = {},
                .crop_pct = {},
                .interpolation = {},
                .mean = {},
                .std = {}};
  }

  absl::StatusOr<ImportedModel> Import() {
    EXPECT_TRUE(WriteSafetensors(options_.file, tensors_).ok());
    return ImportModel(options_);
  }
  std::string Problem() { return std::string(Import().status().message()); }

  TemporaryFolder folder_;
  Graph graph_;
  Parameters parameters_;
  std::vector<TensorToWrite> tensors_;
  ImportOptions options_;
};

TEST_F(ImportConvNext, TakesFacebooksNamesInAContainer) {
  for (TensorToWrite& tensor : tensors_) {
    tensor.name = "model.module." + FacebookName(tensor.name);
  }
  const std::vector<float> other = {1};
  tensors_.push_back({"optimizer.state", DType::kF32, {1}, std::span(other)});
  options_.labels = folder_.Write("labels.txt", "blue tit\nrobin\r\ncrane\n\n");
  options_.size = 64;
  options_.mean = {0.1f, 0.2f, 0.3f};
  const auto imported = Import();
  ASSERT_TRUE(imported.ok()) << imported.status();
  EXPECT_EQ(imported->source, "Facebook");
  EXPECT_EQ(imported->container, "model");
  EXPECT_EQ(imported->left_out, 1u);
  EXPECT_EQ(imported->classes, kClasses);
  const auto config = ReadModelConfig(imported->folder);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->architecture, "convnext_atto");
  EXPECT_EQ(config->num_features, 320);
  EXPECT_THAT(config->label_names, ElementsAre("blue tit", "robin", "crane"));
  EXPECT_EQ(config->preprocess.height, 64);
  EXPECT_EQ(config->preprocess.mean[2], 0.3f);
  const auto loaded = LoadParameters(imported->folder, *BuildGraph(*config));
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  for (const std::string& name : parameters_.names()) {
    const auto expected = parameters_.Get(name);
    const auto found = loaded->Get(name);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      ASSERT_NEAR(found[i], expected[i], 1e-3f + std::abs(expected[i]) * 1e-3f) << name;
    }
  }
}

TEST_F(ImportConvNext, NamesWhatIsMissingAndWhatIsNearest) {
  tensors_.back().name = "head.fc.biases";
  EXPECT_THAT(Problem(), AllOf(HasSubstr("lacks 1 of"),
                               HasSubstr("\"head.fc.bias\" (nearest: "
                                         "\"head.fc.biases\")"),
                               HasSubstr("has 1 tensors that the network does not know")));
  EXPECT_FALSE(std::filesystem::exists(folder_.path() + "/atto"));
}

TEST_F(ImportConvNext, NamesTheNearestArchitectures) {
  options_.architecture = "convnext_ato";
  EXPECT_THAT(Problem(), HasSubstr("convnext_atto"));
}

TEST_F(ImportConvNext, RefusesAnotherNumberOfLabels) {
  options_.labels = folder_.Write("labels.json", "[\"a\", \"b\"]");
  EXPECT_THAT(Problem(), HasSubstr("labels.json: expected 3 names, one a class, found 2"));
  options_.labels = folder_.Write("labels.txt", "a\n\nb");
  EXPECT_THAT(Problem(), HasSubstr("labels.txt: line 2: expected the name of a class"));
}

TEST(DefaultPreprocess, FollowsTimmsTables) {
  const auto crop = [](const char* name, int size) {
    return DefaultPreprocess(name, size).crop_pct;
  };
  EXPECT_EQ(crop("tf_efficientnet_b0", 224), 0.875);
  EXPECT_EQ(crop("tf_efficientnet_lite1", 240), 0.882);
  EXPECT_EQ(crop("tf_efficientnet_b4", 380), 0.922);
  EXPECT_EQ(crop("tf_efficientnet_b6", 528), 0.942);
  EXPECT_EQ(crop("tf_efficientnet_b7", 600), 0.949);
  EXPECT_EQ(crop("tf_efficientnetv2_s", 300), 1.0);
  EXPECT_EQ(crop("resnet50", 224), 0.875);
  EXPECT_EQ(DefaultPreprocess("tf_efficientnet_lite0", 224).mean[0], 0.5f);
  EXPECT_EQ(DefaultPreprocess("tf_efficientnet_b0", 224).mean[0], 0.485f);
  EXPECT_EQ(DefaultPreprocess("lenet5", 32).channels, 1);
  EXPECT_EQ(DefaultPreprocess("vgg16", 224).interpolation, Interpolation::kBilinear);
}

}  // namespace
}  // namespace avocet
