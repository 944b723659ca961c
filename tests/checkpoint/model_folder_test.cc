#include "engine/checkpoint/model_folder.h"

#include <filesystem>
#include <iterator>
#include <latch>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "engine/checkpoint/model_config_writer.h"
#include "engine/checkpoint/safetensors.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/checkpoint/temporary_folder.h"

namespace avocet {
namespace {

using testing::HasSubstr;

ModelConfig SomeConfig() {
  ModelConfig config{.architecture = "resnet18",
                     .num_classes = 2,
                     .num_features = 512,
                     .label_names = {"Kohlmeise \"große\"", "blue tit"},
                     .preprocess = {.height = 96,
                                    .width = 160,
                                    .interpolation = Interpolation::kLanczos,
                                    .crop_pct = 0.9,
                                    .crop_mode = CropMode::kSquash,
                                    .mean = {0.1f, 0.48500001f, 0.3f},
                                    .std = {0.2f, 1.0f / 3.0f, 0.225f}},
                     .test_preprocess = std::nullopt,
                     .other_members = ""};
  config.test_preprocess = config.preprocess;
  config.test_preprocess->height = 128;
  config.test_preprocess->crop_pct = 1.0;
  return config;
}

const std::vector<float> kValues = {1, 2};

std::vector<TensorToWrite> OneTensor() { return {{"t", DType::kF32, {2}, std::span(kValues)}}; }

TEST(ModelConfigWriter, WritesWhatTheReaderReads) {
  const TemporaryFolder folder;
  ModelConfig config = SomeConfig();
  ASSERT_TRUE(WriteModelConfig(folder.path(), config).ok());
  auto read = ReadModelConfig(folder.path());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, config);

  config.test_preprocess.reset();
  config.num_features.reset();
  config.preprocess = {};
  config.preprocess.channels = 1;  // as LeNet's
  config.preprocess.mean = config.preprocess.std = {0.5f, 0.5f, 0.5f};
  ASSERT_TRUE(WriteModelConfig(folder.path(), config).ok());
  read = ReadModelConfig(folder.path());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, config);
}

TEST(ModelConfigWriter, KeepsMembersThatNobodyReads) {
  const TemporaryFolder folder;
  folder.Write("config.json", R"({"architecture":"net","num_classes":1,"label_names":["a"],
      "licence":"apache-2.0","pretrained_cfg":{"tag":"in1k","crop_pct":0.5,"origin":{"url":"x"}}})");
  const auto read = ReadModelConfig(folder.path());
  ASSERT_TRUE(read.ok()) << read.status();
  ModelConfig changed = *read;
  changed.preprocess.crop_pct = 0.75;
  ASSERT_TRUE(WriteModelConfig(folder.path(), changed).ok());
  const auto json = nlohmann::json::parse(folder.Read("config.json"));
  EXPECT_EQ(json["licence"], "apache-2.0");
  EXPECT_EQ(json["pretrained_cfg"]["tag"], "in1k");
  EXPECT_EQ(json["pretrained_cfg"]["origin"]["url"], "x");
  EXPECT_EQ(json["pretrained_cfg"]["crop_pct"], 0.75);
  EXPECT_EQ(*ReadModelConfig(folder.path()), changed);
}

TEST(ModelConfigWriter, WritesTheLayoutOfTimm) {
  const TemporaryFolder folder;
  ASSERT_TRUE(WriteModelConfig(folder.path(), SomeConfig()).ok());
  const auto json = nlohmann::json::parse(folder.Read("config.json"));
  EXPECT_EQ(json["architecture"], "resnet18");
  EXPECT_EQ(json["num_classes"], 2);
  EXPECT_EQ(json["num_features"], 512);
  EXPECT_EQ(json["label_names"][1], "blue tit");
  EXPECT_EQ(json["pretrained_cfg"]["input_size"], nlohmann::json::array({3, 96, 160}));
  EXPECT_EQ(json["pretrained_cfg"]["crop_mode"], "squash");
  // The shortest text that reads as the same float32.
  EXPECT_THAT(folder.Read("config.json"), HasSubstr("0.485,"));
}

TEST(ModelConfigWriter, RefusesLabelsThatDoNotFit) {
  const TemporaryFolder folder;
  ModelConfig config = SomeConfig();
  config.label_names.pop_back();
  EXPECT_THAT(std::string(WriteModelConfig(folder.path(), config).message()),
              HasSubstr("config.json: expected 2 label names, one a class, found 1"));
  config.label_names.push_back("\xc3(");
  EXPECT_THAT(std::string(WriteModelConfig(folder.path(), config).message()),
              HasSubstr("label name is not UTF-8"));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(ModelFolder, CountsVersions) {
  const TemporaryFolder folder;
  const ModelFolderName where{folder.path() + "/models", "tits", std::nullopt};
  for (const char* version : {"1", "2"}) {
    const auto path = WriteModelFolder(where, SomeConfig(), OneTensor());
    ASSERT_TRUE(path.ok()) << path.status();
    EXPECT_EQ(*path, folder.path() + "/models/tits/" + version);
    EXPECT_TRUE(ReadModelConfig(*path).ok());
    EXPECT_TRUE(Safetensors::Open(*path + "/model.safetensors").ok());
  }
  EXPECT_EQ(*WriteModelFolder({where.models, "tits", 10}, SomeConfig(), OneTensor()),
            where.models + "/tits/10");
  EXPECT_EQ(*WriteModelFolder(where, SomeConfig(), OneTensor()), where.models + "/tits/11");
}

TEST(ModelFolder, ReplacesNoVersion) {
  const TemporaryFolder folder;
  ASSERT_TRUE(WriteModelFolder({folder.path(), "m", 1}, SomeConfig(), OneTensor()).ok());
  const auto again = WriteModelFolder({folder.path(), "m", 1}, SomeConfig(), {});
  EXPECT_EQ(again.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(again.status().message()), HasSubstr("/m/1: is there already"));
  const auto file = Safetensors::Open(folder.path() + "/m/1/model.safetensors");
  ASSERT_TRUE(file.ok());
  EXPECT_NE(file->Find("t"), nullptr);
}

TEST(ModelFolder, WritersAtTheSameTimeGetAVersionEach) {
  const TemporaryFolder folder;
  constexpr int kWriters = 8;
  constexpr int kVersions = 25;  // of each: often enough for two to want the same one
  std::latch together(kWriters);
  std::vector<std::vector<absl::StatusOr<std::string>>> paths(kWriters);
  {
    std::vector<std::jthread> writers;
    for (auto& own : paths) {
      writers.emplace_back([&] {
        together.arrive_and_wait();
        for (int i = 0; i < kVersions; ++i) {
          own.push_back(
              WriteModelFolder({folder.path(), "m", std::nullopt}, SomeConfig(), OneTensor()));
        }
      });
    }
  }
  std::set<std::string> versions;
  for (const auto& own : paths) {
    for (const absl::StatusOr<std::string>& path : own) {
      ASSERT_TRUE(path.ok()) << path.status();
      EXPECT_TRUE(Safetensors::Open(*path + "/model.safetensors").ok());
      versions.insert(*path);
    }
  }
  constexpr int kAll = kWriters * kVersions;
  EXPECT_EQ(versions.size(), std::size_t{kAll});
  const std::filesystem::directory_iterator left(folder.path() + "/m");
  EXPECT_EQ(std::distance(begin(left), end(left)), kAll);
}

TEST(ModelFolder, TellsBeforehandWhatItWouldRefuse) {
  const TemporaryFolder folder;
  const std::string models = folder.path() + "/models/of/mine";
  EXPECT_TRUE(CheckModelFolder({models, "m", std::nullopt}).ok());
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
  EXPECT_EQ(CheckModelFolder({models, ".m", std::nullopt}).code(),
            absl::StatusCode::kInvalidArgument);
  const std::string file = folder.Write("file", "");
  for (const ModelFolderName& where :
       {ModelFolderName{file, "m", std::nullopt}, ModelFolderName{folder.path(), "file", 1}}) {
    const absl::Status status = CheckModelFolder(where);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr(file + ": is no folder"));
  }
  // Not even root may write there.
  EXPECT_THAT(std::string(CheckModelFolder({"/proc", "m", std::nullopt}).message()),
              HasSubstr("/proc: cannot write"));
}

TEST(ModelFolder, LeavesNoHalfFolder) {
  const TemporaryFolder folder;
  auto tensors = OneTensor();
  tensors[0].shape = {3};
  EXPECT_FALSE(WriteModelFolder({folder.path(), "m", 1}, SomeConfig(), tensors).ok());
  EXPECT_TRUE(std::filesystem::is_empty(folder.path() + "/m"));
}

TEST(ModelFolder, RefusesNamesThatServersPassOver) {
  const TemporaryFolder folder;
  for (const char* name : {"", ".hidden", "..", "a/b"}) {
    EXPECT_EQ(WriteModelFolder({folder.path(), name, 1}, SomeConfig(), OneTensor()).status().code(),
              absl::StatusCode::kInvalidArgument)
        << name;
  }
  EXPECT_FALSE(WriteModelFolder({folder.path(), "m", 0}, SomeConfig(), OneTensor()).ok());
  const std::string file = folder.Write("file", "");
  EXPECT_THAT(
      std::string(WriteModelFolder({file, "m", 1}, SomeConfig(), OneTensor()).status().message()),
      HasSubstr("/file/m: cannot create"));
}

}  // namespace
}  // namespace avocet
