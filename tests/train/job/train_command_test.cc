// What the program says.
#include <gmock/gmock.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/train/report/metrics_csv.h"
#include "google/protobuf/text_format.h"
#include "proto/training.pb.h"
#include "tests/train/data/data_fixtures.h"
#include "tests/train/job/train_command_fixture.h"

namespace avocet {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

TEST_F(TrainCommandTest, LooksAtTheImagesFirst) {
  const TemporaryFolder photos;
  std::uint32_t seed = 0;
  for (const char* folder : {"train/cat/", "train/dog/", "val/cat/", "val/dog/"}) {
    fs::create_directories(photos.path() + "/" + folder);
    for (const char* name : {"0.png", "1.png", "2.png", "3.png"}) {
      photos.Write(folder + std::string(name), PngBytes(NoisyImage(32, 32, ++seed)));
    }
  }
  const std::string picture = PngBytes(NoisyImage(32, 32, ++seed));
  photos.Write("train/cat/torn.png", picture.substr(0, 10));
  photos.Write("train/dog/same.png", picture);
  photos.Write("val/dog/same.png", picture);
  const auto run = [&](const std::string& name, const std::string& inspect,
                       const std::string& seconds) {
    EXPECT_EQ(Run({photos.path(), "--model", "lenet5", "--epochs", "1", "--batch-size", "4",
                   "--output", RunDir(name), "--inspect", inspect, "--inspect-seconds", seconds}),
              0)
        << ReadFile(log());
    return ReadFile(log());
  };
  EXPECT_THAT(run("headers", "headers", "60"),
              testing::AllOf(testing::ContainsRegex("  dog +5 +5\n"), HasSubstr("torn.png"),
                             HasSubstr("note: 1 picture to validate on, among those to train on")));
  EXPECT_THAT(run("none", "none", "60"), testing::Not(HasSubstr("note: ")));
  EXPECT_THAT(run("hasty", "headers", "0"), HasSubstr("note: only 0 of 19 images were looked at"));
}

TEST_F(TrainCommandTest, SaysWhatIsWrong) {
  const auto expect = [&](std::vector<std::string> arguments, int status, const char* message) {
    EXPECT_EQ(Run(arguments), status) << message << ": " << ReadFile(log());
    EXPECT_THAT(ReadFile(log()), HasSubstr(message));
  };
  const std::string out = RunDir("wrong");
  expect({"--help"}, 0, "Transfer learning:");
  expect({data(), "--epochs", "none"}, 2, "--epochs");
  expect({data(), "--model", "lenet5"}, 2, "--output RUN_DIR is missing");
  expect({data(), "--output", out}, 2, "no network");
  expect({"--model", "lenet5", "--output", out}, 2, "DATA is missing");
  expect({data(), "--model", "lenet6", "--output", out}, 2, "lenet5");
  expect({data() + "/none", "--model", "lenet5", "--output", out}, 2, "none");
  expect({data(), "--pretrained", out, "--output", out}, 2, "config.json");
  expect({data(), "--model", "lenet5", "--drop-path-rate", "0.1", "--output", out}, 2,
         "--drop-path-rate");
  expect({data(), "--model", "lenet5", "--mixup", "1", "--batch-size", "9", "--output", out}, 2,
         "pairs of mixup");
  expect({"--output", out, "--resume"}, 2, "no run to resume");
  EXPECT_FALSE(fs::exists(out));  // nothing was begun
  ASSERT_EQ(Run(Arguments("done")), 0);
  expect(Arguments("done"), 2, "there is a run already");
  expect(Arguments("done", {"--learning-rate", "4e-3", "--resume"}), 2,
         "--learning-rate was \"0.003\"");
}

TEST_F(TrainCommandTest, SaysWhatIsWrongWithTheImages) {
  const TemporaryFolder photos;
  for (const char* path : {"cat/0.png", "cat/1.png", "dog/0.png", "dog/1.png"}) {
    photos.Write(path, PngBytes(NoisyImage(32, 32, 1)));
  }
  const std::vector<std::string> arguments = {
      photos.path(),           "--model", "lenet5", "--batch-size", "2", "--output", RunDir("run"),
      "--validation-fraction", "0"};
  std::vector<std::string> patient = arguments;
  patient.insert(patient.end(), {"--early-stopping", "2"});
  EXPECT_EQ(Run(patient), 2);
  EXPECT_THAT(ReadFile(log()), HasSubstr("--early-stopping 2 needs images to validate on"));
  EXPECT_FALSE(fs::exists(RunDir("run")));
  // Pictures that are damaged are no wrong usage.
  for (const char* path : {"cat/0.png", "cat/1.png", "dog/0.png", "dog/1.png"}) {
    photos.Write(path, PngBytes(NoisyImage(32, 32, 1)).substr(0, 40));
  }
  EXPECT_EQ(Run(arguments), 1);
  EXPECT_THAT(ReadFile(log()), HasSubstr("none of 4 images can be read"));
}

TEST_F(TrainCommandTest, TakesAFileWhoseValuesFlagsReplace) {
  const TemporaryFolder folder;
  const std::string file = folder.Write("run.textproto", R"pb(
    network { model: "lenet5" }
    data { loader_threads: 1 }
    run { epochs: 5 batch_size: 16 threads: 1 precision: "float32" })pb");
  ASSERT_EQ(Run({data(), "--config", file, "--epochs", "1", "--output", RunDir("run")}), 0)
      << ReadFile(log());
  train::v1::TrainingConfig config;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(
      ReadFile(RunDir("run") + "/config.textproto"), &config));
  EXPECT_EQ(config.run().epochs(), 1);
  EXPECT_EQ(config.run().batch_size(), 16);
  EXPECT_EQ(config.data().loader_threads(), 1);
  EXPECT_EQ(ReadMetricsCsv(RunDir("run"))->size(), 96u / 16);
  EXPECT_EQ(Run({data(), "--config", folder.path() + "/none", "--output", RunDir("more")}), 2);
}

// A measurement may end otherwise on the day that a run is resumed.
TEST_F(TrainCommandTest, WritesDownThePrecisionThatItChose) {
  ASSERT_EQ(Run(Arguments("run", {"--precision", "auto", "--epochs", "1"})), 0) << ReadFile(log());
  const std::string config = ReadFile(RunDir("run") + "/config.textproto");
  EXPECT_THAT(config, testing::ContainsRegex("precision: \"(float32|bfloat16)\""));
  EXPECT_EQ(Run({"--output", RunDir("run"), "--resume"}), 0) << ReadFile(log());
}

}  // namespace
}  // namespace avocet
