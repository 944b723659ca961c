#include "tests/checkpoint/fetched_models.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "engine/checkpoint/checkpoint.h"
#include "engine/checkpoint/imagenet_labels.h"
#include "engine/checkpoint/model_config.h"
#include "engine/checkpoint/safetensors.h"
#include "engine/models/zoo.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace avocet {
namespace {

struct Expected {
  std::string architecture;
  int size;
  double crop_pct;
};

void PrintTo(const Expected& expected, std::ostream* out) { *out << expected.architecture; }

class FetchedModels : public testing::TestWithParam<Expected> {};

TEST_P(FetchedModels, HaveTheNamesAndShapesOfTimm) {
  std::ifstream stream(AVOCET_TEST_DATA "/checkpoint/timm_shapes.json");
  const auto all = nlohmann::json::parse(stream);
  const auto shapes =
      all.at(GetParam().architecture).get<std::map<std::string, std::vector<std::int64_t>>>();

  const auto file = Safetensors::Open(FetchedModel(GetParam().architecture) + "/model.safetensors");
  ASSERT_TRUE(file.ok()) << file.status();
  std::map<std::string, std::vector<std::int64_t>> found;
  for (const TensorView& tensor : file->tensors()) {
    EXPECT_EQ(tensor.dtype, tensor.shape.empty() ? DType::kI64 : DType::kF32) << tensor.name;
    found[tensor.name] = tensor.shape;
  }
  EXPECT_EQ(found, shapes);
  EXPECT_THAT(file->metadata(), testing::Contains(testing::Pair("format", "pt")));
}

TEST_P(FetchedModels, LoadIntoTheirNetwork) {
  const std::string folder = FetchedModel(GetParam().architecture);
  const auto config = ReadModelConfig(folder);
  ASSERT_TRUE(config.ok()) << config.status();
  const auto backbone = FindBackbone(config->architecture);
  ASSERT_TRUE(backbone.ok()) << backbone.status();
  const auto graph = (*backbone)->build({.classes = config->num_classes});
  ASSERT_TRUE(graph.ok()) << graph.status();
  const auto parameters = LoadParameters(folder, *graph);
  ASSERT_TRUE(parameters.ok()) << parameters.status();
  // Batch norms would swap their four tensors unnoticed by names and shapes: variances are never
  // negative (some channels are dead), means are on both sides.
  for (const std::string& name : parameters->names()) {
    const std::span<const float> values = parameters->Get(name);
    if (name.ends_with(".running_var")) {
      EXPECT_GE(std::ranges::min(values), 0.0f) << name;
    } else if (name.ends_with(".running_mean")) {
      EXPECT_LT(std::ranges::min(values), 0.0f) << name;
      EXPECT_GT(std::ranges::max(values), 0.0f) << name;
    }
  }
}

TEST_P(FetchedModels, SayHowTheyWantTheirImages) {
  const auto config = ReadModelConfig(FetchedModel(GetParam().architecture));
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->architecture, GetParam().architecture);
  EXPECT_EQ(config->num_classes, 1000);
  EXPECT_EQ(config->label_names, ImageNetLabels());
  const PreprocessConfig expected = {.height = GetParam().size,
                                     .width = GetParam().size,
                                     .interpolation = Interpolation::kBicubic,
                                     .crop_pct = GetParam().crop_pct,
                                     .crop_mode = CropMode::kCenter,
                                     .mean = {0.5f, 0.5f, 0.5f},
                                     .std = {0.5f, 0.5f, 0.5f}};
  EXPECT_EQ(config->preprocess, expected);
}

TEST_P(FetchedModels, AreRefusedByAnotherNetwork) {
  const std::string folder = FetchedModel(GetParam().architecture);
  const auto graph = FindBackbone("tf_efficientnet_lite4").value()->build({});
  ASSERT_TRUE(graph.ok()) << graph.status();
  const absl::Status status = LoadParameters(folder, *graph).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              testing::HasSubstr("was it trained with another backbone?"));
}

INSTANTIATE_TEST_SUITE_P(Lite, FetchedModels,
                         testing::Values(Expected{"tf_efficientnet_lite0", 224, 0.875},
                                         Expected{"tf_efficientnet_lite1", 240, 0.882}),
                         [](const auto& test) { return test.param.architecture; });

}  // namespace
}  // namespace avocet
