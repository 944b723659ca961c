#include "engine/train/job/job_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "engine/models/zoo.h"
#include "engine/train/job/config_options.h"
#include "engine/train/job/phase.h"
#include "google/protobuf/text_format.h"

namespace avocet {
namespace {

using testing::HasSubstr;
using train::v1::TrainingConfig;

constexpr int kSize = 32;  // of the networks' input

// Grey pictures of two classes, in turn.
Dataset GreySet(std::int64_t count) {
  Dataset set{{}, {"0", "1"}, nullptr};
  GreyImages images{count, 28, 28, {}};
  images.pixels.assign(static_cast<std::size_t>(count) * 28 * 28, 9);
  for (std::int64_t i = 0; i < count; ++i) {
    set.samples.push_back({.path = "digits", .index = i, .label = static_cast<int>(i % 2)});
  }
  set.grey_images = std::make_shared<const GreyImages>(std::move(images));
  return set;
}

TrainingConfig Config(const std::string& model, const std::string& more) {
  TrainingConfig config;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(more, &config));
  config.mutable_data()->set_image_size(kSize);
  config.mutable_data()->set_crop_pct(1);
  config.mutable_data()->set_crop_mode("center");
  config.mutable_run()->set_threads(1);
  config.mutable_network()->set_model(model);
  config.mutable_network()->set_pretrained("model");  // without one nothing can be frozen
  EXPECT_TRUE(ResolveConfig(1, config).ok());
  config.mutable_network()->clear_pretrained();
  return config;
}

std::string Problem(const std::string& model, const std::string& more) {
  const TrainingConfig config = Config(model, more);
  const Graph graph =
      *(*FindBackbone(model))
           ->build({.classes = 2,
                    .height = kSize,
                    .width = kSize,
                    .drop_path_rate = static_cast<float>(config.network().drop_path_rate())});
  const PreprocessConfig preprocess{.channels = 1, .height = kSize, .width = kSize};
  return std::string(
      CheckJob(config, {GreySet(20), GreySet(4)}, preprocess, graph, Shard()).message());
}

TEST(CheckJobTest, FindsNothingWrongWithDefaults) {
  EXPECT_EQ(Problem("lenet5", ""), "");
  EXPECT_EQ(Problem("lenet5", "transfer { freeze: \"backbone\" }"), "");
}

TEST(CheckJobTest, PathsAreDroppedWhereThereAreAny) {
  const std::string drops = "network { drop_path_rate: 0.1 }";
  EXPECT_EQ(Problem("lenet5", drops),
            "--drop-path-rate: expected 0, found 0.1: lenet5 has no residual blocks that could be "
            "dropped");
  EXPECT_THAT(Problem("vgg11", drops), HasSubstr("vgg11 has no residual blocks"));
  EXPECT_EQ(Problem("resnet18", drops), "");
}

TEST(CheckJobTest, FindsWhatLoadersAndPhasesWouldFind) {
  EXPECT_THAT(Problem("lenet5", "augment { mixup: 1 } run { batch_size: 9 }"),
              HasSubstr("multiple of 2"));
  EXPECT_THAT(Problem("lenet5", "transfer { freeze: \"stages=99\" }"),
              HasSubstr("expected at most 6 stages to freeze, found 99"));
}

// A megabyte has room for the features of one of the sets, 84 floats an image, but not of both.
TEST(PhaseTest, FeaturesShareTheirMemory) {
  const TrainingConfig config =
      Config("lenet5", "transfer { freeze: \"backbone\" feature_cache_mb: 1 } run { epochs: 1 }");
  const TrainingData data{GreySet(2000), GreySet(2000)};
  const TrainedNetwork network = *SetUpNetwork(config, data.train.class_names);
  const PhaseInputs inputs{.config = &config,
                           .data = &data,
                           .network = &network,
                           .folder = "/no such folder",
                           .say = nullptr};
  setenv("TMPDIR", inputs.folder.c_str(), 1);
  for (const bool training_first : {true, false}) {
    const auto phase = MakePhase(inputs, network.parameters, /*frozen=*/true);
    ASSERT_TRUE(phase.ok()) << phase.status();
    BatchSource& first = training_first ? *phase->train : *phase->validation;
    BatchSource& second = training_first ? *phase->validation : *phase->train;
    EXPECT_TRUE(first.Start(0, 0).ok());
    EXPECT_THAT(std::string(second.Start(0, 0).message()),
                HasSubstr("/no such folder: cannot create a file"));
  }
  unsetenv("TMPDIR");
}

}  // namespace
}  // namespace avocet
