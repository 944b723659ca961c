// What a run may be resumed with, and where.
#include <gmock/gmock.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "google/protobuf/text_format.h"
#include "proto/training.pb.h"
#include "tests/train/data/data_fixtures.h"
#include "tests/train/job/digit_files.h"
#include "tests/train/job/train_command_fixture.h"

namespace avocet {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using train::v1::TrainingConfig;

// The working directory of the test, and so of the programs that it starts.
class WorkingFolder {
 public:
  explicit WorkingFolder(const std::string& path) : before_(fs::current_path()) {
    fs::current_path(path);
  }
  ~WorkingFolder() { fs::current_path(before_); }

 private:
  fs::path before_;
};

class TrainResumeTest : public TrainCommandTest {
 protected:
  TrainingConfig Recorded(const std::string& name) const {
    TrainingConfig config;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
        ReadFile(RunDir(name) + "/config.textproto"), &config));
    return config;
  }
};

TEST_F(TrainResumeTest, FromAnyFolder) {
  const TemporaryFolder elsewhere;
  ASSERT_EQ(Run(Arguments("base", {"--epochs", "1"})), 0) << ReadFile(log());
  {
    const WorkingFolder here(fs::path(data()).parent_path());
    std::vector<std::string> arguments = Arguments(
        "run",
        {"--epochs", "1", "--pretrained",
         fs::path(RunDir("base") + "/model").lexically_relative(fs::current_path()).string()});
    arguments[0] = "./" + fs::path(data()).filename().string() + "/";
    ASSERT_EQ(Run(arguments), 0) << ReadFile(log());
    arguments.push_back("--resume");
    EXPECT_EQ(Run(arguments), 0) << ReadFile(log());
  }
  EXPECT_EQ(Recorded("run").data().data(), data());
  EXPECT_EQ(Recorded("run").network().pretrained(), RunDir("base") + "/model");
  const WorkingFolder there(elsewhere.path());
  EXPECT_EQ(Run({"--resume", "--output", RunDir("run")}), 0) << ReadFile(log());
  EXPECT_EQ(Run({data(), "--resume", "--output", fs::relative(RunDir("run")).string()}), 0)
      << ReadFile(log());
  EXPECT_EQ(Run({"digits", "--resume", "--output", RunDir("run")}), 2);
  EXPECT_THAT(ReadFile(log()), HasSubstr("DATA was \"" + data() + "\""));
}

TEST_F(TrainResumeTest, RefusesOtherData) {
  ASSERT_EQ(Run(Arguments("run", {"--epochs", "1"})), 0) << ReadFile(log());
  WriteDigitFiles(data(), 3, 96, 27);
  EXPECT_EQ(Run({"--resume", "--output", RunDir("run")}), 1);
  EXPECT_THAT(ReadFile(log()),
              testing::AllOf(HasSubstr("96 images of 3 classes to train on and 30 to validate on"),
                             HasSubstr("96 images of 3 classes to train on and 27 to validate on"),
                             HasSubstr("training_state.safetensors")));
  // Another number of classes makes another network, and is told apart all the same.
  WriteDigitFiles(data(), 4, 96, 30);
  EXPECT_EQ(Run({"--resume", "--output", RunDir("run")}), 1);
  EXPECT_THAT(ReadFile(log()), HasSubstr("96 images of 4 classes to train on"));
  WriteDigitFiles(data(), 3, 96, 30);
  EXPECT_EQ(Run({"--resume", "--output", RunDir("run")}), 0) << ReadFile(log());
}

TEST_F(TrainResumeTest, WithoutThePretrainedModel) {
  const TemporaryFolder photos;
  std::uint32_t seed = 0;
  for (const char* folder : {"train/cat/", "train/dog/", "val/cat/", "val/dog/"}) {
    for (const char* name : {"0.png", "1.png", "2.png", "3.png"}) {
      photos.Write(folder + std::string(name), PngBytes(NoisyImage(32, 32, ++seed)));
    }
  }
  std::vector<std::string> arguments = {
      "--model", "tf_efficientnet_lite0", "--image-size", "32", "--epochs", "1"};
  const auto run = [&](const std::string& name, const std::vector<std::string>& more) {
    std::vector<std::string> all = Arguments(name, more);
    all[0] = photos.path();
    ASSERT_EQ(Run(all), 0) << ReadFile(log());
  };
  run("base", arguments);
  // Preprocessing that no network has by itself.
  const std::string model = RunDir("base") + "/model/config.json";
  std::string json = ReadFile(model);
  const auto mean = json.find("\"mean\"");
  ASSERT_NE(mean, std::string::npos) << json;
  json.replace(mean, json.find(']', mean) + 1 - mean, "\"mean\": [0.25, 0.125, 0.0625]");
  std::ofstream(model) << json;
  arguments.insert(arguments.end(), {"--pretrained", RunDir("base") + "/model"});
  run("run", arguments);
  const std::string trained = ReadFile(RunDir("run") + "/model/config.json");
  EXPECT_THAT(trained, HasSubstr("0.0625"));
  fs::remove_all(RunDir("base"));
  ASSERT_EQ(Run({"--resume", "--output", RunDir("run"), "--publish", RunDir("models") + "/pets"}),
            0)
      << ReadFile(log());
  EXPECT_EQ(ReadFile(RunDir("models") + "/pets/1/config.json"), trained);
  // The report of the resumed run is as good: it was prepared as it was trained.
  EXPECT_THAT(ReadFile(log()), HasSubstr("the finished weights: top-1"));
}

TEST_F(TrainResumeTest, WritesDownWhatIsOtherNow) {
  ASSERT_EQ(Run(Arguments("run", {"--epochs", "1"})), 0) << ReadFile(log());
  ASSERT_EQ(Run({"--resume", "--output", RunDir("run"), "--loader-threads", "3", "--publish",
                 RunDir("models") + "/digits"}),
            0)
      << ReadFile(log());
  const TrainingConfig config = Recorded("run");
  EXPECT_EQ(config.data().loader_threads(), 3);
  EXPECT_EQ(config.outputs().publish(), RunDir("models") + "/digits");
  EXPECT_EQ(config.run().epochs(), 1);
  // What is refused is not written.
  EXPECT_EQ(Run({"--resume", "--output", RunDir("run"), "--loader-threads", "5", "--epochs", "2"}),
            2);
  EXPECT_EQ(Recorded("run").DebugString(), config.DebugString());
}

// Exit status 2 would send the user to the manual.
TEST_F(TrainResumeTest, DamageIsNoWrongUsage) {
  ASSERT_EQ(Run(Arguments("run", {"--epochs", "1"})), 0) << ReadFile(log());
  const auto expect_failure = [&](const std::string& file) {
    const std::string path = RunDir("run") + "/" + file;
    const std::string whole = ReadFile(path);
    std::ofstream(path, std::ios::binary) << "{" + whole.substr(whole.size() / 2);
    EXPECT_EQ(Run({"--resume", "--output", RunDir("run")}), 1) << file << ": " << ReadFile(log());
    EXPECT_THAT(ReadFile(log()), HasSubstr(fs::path(file).filename().string()));
    std::ofstream(path, std::ios::binary) << whole;
  };
  expect_failure("checkpoints/last/training_state.safetensors");
  expect_failure("checkpoints/last/model/config.json");
  expect_failure("config.textproto");
  EXPECT_EQ(Run({"--resume", "--output", RunDir("run")}), 0) << ReadFile(log());
}

}  // namespace
}  // namespace avocet
