#include "engine/checkpoint/model_config.h"

#include <string>

#include "engine/checkpoint/imagenet_labels.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/checkpoint/temporary_folder.h"

namespace avocet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

absl::StatusOr<ModelConfig> Read(std::string_view json) {
  const TemporaryFolder folder;
  folder.Write("config.json", json);
  return ReadModelConfig(folder.path());
}

// The message for `json` behind the file's path, or "" if it is accepted.
std::string ConfigProblem(std::string_view json) {
  const auto config = Read(json);
  if (config.ok()) return "";
  const std::string message(config.status().message());
  constexpr std::string_view kFile = "/config.json: ";
  const std::size_t at = message.find(kFile);
  return at == std::string::npos ? "no path: " + message : message.substr(at + kFile.size());
}

// A small valid configuration whose pretrained_cfg has these members.
std::string WithPretrained(std::string_view members) {
  return R"({"architecture":"net","num_classes":2,"pretrained_cfg":{)" + std::string(members) +
         "}}";
}

TEST(ModelConfig, ReadsWhatTimmWrites) {
  const auto config = Read(
      R"({"architecture":"efficientnet_b0","num_classes":1000,"num_features":1280,
          "pretrained_cfg":{"tag":"ra4_e3600_r224_in1k","custom_load":false,
          "input_size":[3,224,256],"test_input_size":[3,256,288],"fixed_input_size":false,
          "interpolation":"bilinear","crop_pct":0.9,"test_crop_pct":1.0,"crop_mode":"squash",
          "mean":[0.5,0.25,0.125],"std":[1,0.5,0.75],"num_classes":1000,"pool_size":[7,7],
          "first_conv":"conv_stem","classifier":"classifier"}})");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->architecture, "efficientnet_b0");
  EXPECT_EQ(config->num_classes, 1000);
  const PreprocessConfig expected = {.height = 224,
                                     .width = 256,
                                     .interpolation = Interpolation::kBilinear,
                                     .crop_pct = 0.9,
                                     .crop_mode = CropMode::kSquash,
                                     .mean = {0.5f, 0.25f, 0.125f},
                                     .std = {1.0f, 0.5f, 0.75f}};
  EXPECT_EQ(config->preprocess, expected);
  PreprocessConfig test = expected;
  test.height = 256;
  test.width = 288;
  test.crop_pct = 1.0;
  EXPECT_EQ(config->test_preprocess, test);
  EXPECT_EQ(config->label_names, ImageNetLabels());
}

TEST(ModelConfig, FallsBackToTimmsDefaults) {
  const auto config = Read(R"({"architecture":"net","num_classes":1})");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->preprocess, PreprocessConfig());
  EXPECT_EQ(config->test_preprocess, std::nullopt);
}

TEST(ModelConfig, TakesNullForAbsent) {
  EXPECT_EQ(
      ConfigProblem(R"({"architecture":"net","num_classes":2,"label_names":null,"model_args":null,
                        "global_pool":null,"pretrained_cfg":{"mean":null,"crop_mode":null}})"),
      "");
}

TEST(ModelConfig, ReadsTheFlatForm) {
  const auto config = Read(
      R"({"architecture":"net","num_classes":2,"input_size":[3,64,64],"interpolation":"lanczos",
          "crop_mode":"border","labels":["cat","dog"]})");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->preprocess.height, 64);
  EXPECT_EQ(config->preprocess.interpolation, Interpolation::kLanczos);
  EXPECT_EQ(config->preprocess.crop_mode, CropMode::kBorder);
  EXPECT_THAT(config->label_names, ElementsAre("cat", "dog"));
}

TEST(ModelConfig, ValuesAtTheRootWin) {
  const auto config = Read(
      R"({"architecture":"net","num_classes":2,"label_names":["a","b"],
          "pretrained_cfg":{"num_classes":1000,"label_names":["x","y"]}})");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->num_classes, 2);
  EXPECT_THAT(config->label_names, ElementsAre("a", "b"));
}

TEST(ModelConfig, FindsClassesAndNamesInPretrainedCfg) {
  const auto config =
      Read(R"({"architecture":"net","pretrained_cfg":{"num_classes":2,"label_names":["x","y"]}})");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->num_classes, 2);
  EXPECT_THAT(config->label_names, ElementsAre("x", "y"));
}

TEST(ModelConfig, CountsLabelNamesWhenNumClassesIsAbsent) {
  const auto config = Read(R"({"architecture":"net","label_names":["a","b","c"]})");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->num_classes, 3);
}

TEST(ModelConfig, ReadsLabelNamesByIndex) {
  std::string names = R"({"10":"k")";
  for (int i = 9; i >= 0; --i) {
    names += ",\"" + std::to_string(i) + "\":\"" + static_cast<char>('a' + i) + "\"";
  }
  const auto config = Read(R"({"architecture":"net","label_names":)" + names + "}}");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(config->label_names,
              ElementsAre("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"));
}

TEST(ModelConfig, NamesClassesOfCheckpointsWithoutNames) {
  const auto config = Read(R"({"architecture":"net","num_classes":3})");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(config->label_names, ElementsAre("class 0", "class 1", "class 2"));
}

TEST(ModelConfig, RejectsWrongLabelNames) {
  const auto with = [](std::string_view names) {
    return ConfigProblem(R"({"architecture":"net","num_classes":2,"label_names":)" +
                         std::string(names) + "}");
  };
  EXPECT_EQ(with(R"(["a"])"), "label_names: expected 2 names, one a class, found 1");
  EXPECT_EQ(with(R"(["a","b","c"])"), "label_names: expected 2 names, one a class, found 3");
  EXPECT_EQ(with("[]"), "label_names: expected 2 names, one a class, found 0");
  EXPECT_EQ(with(R"(["a",7])"), "label_names[1]: expected a string, found 7");
  EXPECT_EQ(with(R"({"0":"a","2":"b"})"), "label_names: \"1\" is missing");
  EXPECT_EQ(with(R"({"0":"a","one":"b"})"), "label_names: \"1\" is missing");
  EXPECT_EQ(with(R"({"0":"a","1":["b"]})"),
            "label_names.1: expected a string, found an array of 1");
  EXPECT_EQ(with("\"imagenet-1k\""),
            "label_names: expected an array of names, or an object from class index to name, "
            "found \"imagenet-1k\"");
  EXPECT_EQ(
      ConfigProblem(R"({"architecture":"net","num_classes":2,"pretrained_cfg":{"labels":["a"]}})"),
      "pretrained_cfg.labels: expected 2 names, one a class, found 1");
}

TEST(ModelConfig, RejectsMissingAndWrongBasics) {
  EXPECT_EQ(ConfigProblem("{}"), "\"architecture\" is missing");
  EXPECT_EQ(ConfigProblem("[]"), "expected an object, found an array of 0");
  EXPECT_EQ(ConfigProblem("3"), "expected an object, found 3");
  EXPECT_EQ(ConfigProblem(R"({"architecture":7})"), "architecture: expected a string, found 7");
  EXPECT_EQ(ConfigProblem(R"({"architecture":""})"),
            "architecture: expected the name of a network, found \"\"");
  EXPECT_EQ(ConfigProblem(R"({"architecture":"net"})"),
            "\"num_classes\" is missing, and no label names tell how many there are");
  EXPECT_EQ(ConfigProblem(R"({"architecture":"net","pretrained_cfg":[]})"),
            "pretrained_cfg: expected an object, found an array of 0");
  for (const char* count : {"0", "-1", "1.5", "1000001", "18446744073709551615", "\"2\"", "true"}) {
    EXPECT_THAT(ConfigProblem(R"({"architecture":"net","num_classes":)" + std::string(count) + "}"),
                StartsWith("num_classes: expected an integer from 1 to 1000000, found "))
        << count;
  }
}

TEST(ModelConfig, RejectsWrongPreprocessing) {
  const auto with = [](std::string_view members) { return ConfigProblem(WithPretrained(members)); };
  EXPECT_EQ(with(R"("input_size":[3,224])"),
            "pretrained_cfg.input_size: expected an array of 3, found an array of 2");
  EXPECT_EQ(with(R"("input_size":224)"),
            "pretrained_cfg.input_size: expected an array of 3, found 224");
  EXPECT_EQ(with(R"("input_size":[4,224,224])"),
            "pretrained_cfg.input_size[0]: expected an integer from 1 to 3, found 4");
  EXPECT_EQ(with(R"("input_size":[2,224,224])"),
            "pretrained_cfg.input_size[0]: expected 3 (colour) or 1 (grey), found 2");
  EXPECT_EQ(with(R"("input_size":[1,32,32],"mean":[0.5,0.5,0.5])"),
            "pretrained_cfg.mean: expected an array of 1, found an array of 3");
  EXPECT_EQ(with(R"("input_size":[3,0,224])"),
            "pretrained_cfg.input_size[1]: expected an integer from 1 to 4096, found 0");
  EXPECT_EQ(with(R"("input_size":[3,224,"x"])"),
            "pretrained_cfg.input_size[2]: expected an integer from 1 to 4096, found \"x\"");
  EXPECT_EQ(with(R"("test_input_size":[3,9999,9999])"),
            "pretrained_cfg.test_input_size[1]: expected an integer from 1 to 4096, found 9999");
  EXPECT_EQ(with(R"("crop_pct":0)"),
            "pretrained_cfg.crop_pct: expected a number above 0 and at most 1, found 0");
  EXPECT_EQ(with(R"("test_crop_pct":87.5)"),
            "pretrained_cfg.test_crop_pct: expected a number above 0 and at most 1, found 87.5");
  EXPECT_EQ(with(R"("interpolation":"nearest")"),
            "pretrained_cfg.interpolation: expected one of bilinear, bicubic, lanczos, found "
            "\"nearest\"");
  EXPECT_EQ(with(R"("crop_mode":"random")"),
            "pretrained_cfg.crop_mode: expected one of center, squash, border, found \"random\"");
  EXPECT_EQ(with(R"("mean":[0.5,0.5])"),
            "pretrained_cfg.mean: expected an array of 3, found an array of 2");
  EXPECT_EQ(with(R"("mean":0.5)"), "pretrained_cfg.mean: expected an array of 3, found 0.5");
  EXPECT_THAT(with(R"("mean":[0.5,"x",0.5])"),
              StartsWith("pretrained_cfg.mean[1]: expected a number"));
  EXPECT_THAT(with(R"("std":[0.5,0.5,0])"),
              StartsWith("pretrained_cfg.std[2]: expected a number above"));
  EXPECT_THAT(with(R"("std":[1e-300,0.5,0.5])"),
              StartsWith("pretrained_cfg.std[0]: expected a number above"));
}

TEST(ModelConfig, RefusesWhatWouldBuildAnotherNetwork) {
  const auto status = [](std::string_view members) {
    return Read(R"({"architecture":"net","num_classes":2,)" + std::string(members) + "}").status();
  };
  EXPECT_TRUE(status(R"("model_args":{},"global_pool":"avg")").ok());
  const absl::Status arguments = status(R"("model_args":{"act_layer":"gelu"})");
  EXPECT_EQ(arguments.code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(std::string(arguments.message()),
              HasSubstr("model_args: arguments that change the network are not supported, found "
                        "\"act_layer\""));
  const absl::Status pool = status(R"("pretrained_cfg":{"global_pool":"max"})");
  EXPECT_EQ(pool.code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(std::string(pool.message()), HasSubstr("pretrained_cfg.global_pool: expected"));
}

TEST(ModelConfig, RejectsMalformedFiles) {
  EXPECT_THAT(ConfigProblem(""), StartsWith("not valid JSON: "));
  EXPECT_THAT(ConfigProblem(R"({"architecture":)"), StartsWith("not valid JSON: "));
  EXPECT_THAT(ConfigProblem("{\"architecture\":\"\xff\"}"), StartsWith("not valid JSON: "));
  EXPECT_EQ(ConfigProblem(std::string_view("{}\0{}", 5)), "NUL at byte 2");
  EXPECT_EQ(ConfigProblem(R"({"architecture":"a","architecture":"b"})"),
            "duplicate key \"architecture\"");
  EXPECT_EQ(ConfigProblem(R"({"a":{"x":{"y":1},"x":2}})"), "duplicate key \"x\"");
  EXPECT_EQ(ConfigProblem(R"([{"x":1},{"x":1}])"), "expected an object, found an array of 2");
  EXPECT_EQ(ConfigProblem(std::string(1 << 20, '[')), "nested deeper than 32");
  EXPECT_THAT(ConfigProblem(std::string((16 << 20) + 1, ' ')), HasSubstr("bytes are more than"));
}

TEST(ModelConfig, NamesTheFolderWithoutConfig) {
  const absl::Status status = ReadModelConfig("/nonexistent").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), StartsWith("/nonexistent/config.json: cannot open"));
}

TEST(ImageNetLabels, AreCompleteAndInOrder) {
  const std::vector<std::string> labels = ImageNetLabels();
  ASSERT_THAT(labels, SizeIs(1000));
  EXPECT_EQ(labels.front(), "tench");
  EXPECT_EQ(labels[285], "Egyptian Mau");
  EXPECT_EQ(labels[967], "espresso");
  EXPECT_EQ(labels.back(), "toilet paper");
  for (const std::string& label : labels) EXPECT_FALSE(label.empty());
}

}  // namespace
}  // namespace avocet
