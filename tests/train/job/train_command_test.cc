// Whole runs of the program, killed and resumed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "engine/checkpoint/checkpoint.h"
#include "engine/checkpoint/model_config.h"
#include "engine/checkpoint/safetensors.h"
#include "engine/models/zoo.h"
#include "tests/checkpoint/temporary_folder.h"
#include "tests/train/data/data_fixtures.h"
#include "tests/train/job/digit_files.h"

namespace avocet {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// Starts avocet-train with these arguments; its output goes to `log`.
pid_t Start(std::vector<std::string> arguments, const std::string& log) {
  arguments.insert(arguments.begin(), AVOCET_TRAIN);
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    if (freopen(log.c_str(), "w", stdout) == nullptr || dup2(1, 2) < 0) _exit(127);
    execv(AVOCET_TRAIN, argv.data());
    _exit(127);
  }
  return child;
}

// The exit status; 128 and the signal for one that was killed.
int Wait(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string ReadFile(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

class TrainCommandTest : public testing::Test {
 protected:
  TrainCommandTest() { WriteDigitFiles(data_.path(), 3, 96, 30); }

  std::string log() const { return runs_.path() + "/log"; }
  std::string RunDir(const std::string& name) const { return runs_.path() + "/" + name; }
  int Run(const std::vector<std::string>& arguments) { return Wait(Start(arguments, log())); }

  std::vector<std::string> Arguments(const std::string& name) const {
    return {data_.path(), "--model", "lenet5", "--epochs", "3", "--batch-size", "8", "--drop-rate",
            "0.2", "--threads", "1", "--loader-threads", "1", "--output", RunDir(name),
            "--learning-rate", "3e-3", "--precision", "float32",
            // Several times an epoch where the disk is slow.
            "--checkpoint-minutes", "0.001"};
  }
  std::string State(const std::string& name) const {
    return ReadFile(RunDir(name) + "/checkpoints/last/training_state.safetensors");
  }

  TemporaryFolder data_;
  TemporaryFolder runs_;
};

TEST_F(TrainCommandTest, KilledAndResumedIsTheSameRun) {
  ASSERT_EQ(Run(Arguments("whole")), 0) << ReadFile(log());
  std::mt19937 random(7);
  std::vector<std::string> arguments = Arguments("killed");
  int kills = 0;
  while (true) {
    const pid_t child = Start(arguments, log());
    std::this_thread::sleep_for(std::chrono::milliseconds(random() % 400));
    // Ten times at moments that nobody chose, then to the end.
    const bool killed = kills < 10 && kill(child, SIGKILL) == 0;
    const int status = Wait(child);
    if (status == 0) break;
    ASSERT_TRUE(killed) << status << ": " << ReadFile(log());
    ++kills;
    arguments = Arguments("killed");
    if (fs::exists(RunDir("killed") + "/config.textproto")) arguments.push_back("--resume");
  }
  EXPECT_GT(kills, 0);
  ASSERT_FALSE(State("whole").empty());
  EXPECT_EQ(State("killed"), State("whole")) << kills << " kills";
}

TEST_F(TrainCommandTest, ASignalStopsItWithACheckpoint) {
  std::vector<std::string> arguments = Arguments("stopped");
  *std::ranges::find(arguments, "3") = "100000";
  const pid_t child = Start(arguments, log());
  while (!fs::exists(RunDir("stopped") + "/checkpoints/last") && kill(child, 0) == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  kill(child, SIGTERM);
  EXPECT_EQ(Wait(child), 3) << ReadFile(log());
  EXPECT_THAT(ReadFile(log()), HasSubstr("go on with --resume"));
  EXPECT_TRUE(
      Safetensors::Open(RunDir("stopped") + "/checkpoints/last/training_state.safetensors").ok());
}

TEST_F(TrainCommandTest, FrozenBackboneStaysAndTheHeadLearns) {
  ASSERT_EQ(Run(Arguments("base")), 0) << ReadFile(log());
  TemporaryFolder other;
  WriteDigitFiles(other.path(), 5, 100, 50);
  ASSERT_EQ(
      Run({other.path(), "--pretrained", RunDir("base") + "/model", "--freeze", "backbone",
           "--epochs", "20", "--learning-rate", "0.02", "--output", RunDir("head"), "--publish",
           RunDir("models") + "/digits", "--feature-variants", "2", "--threads", "1"}),
      0)
      << ReadFile(log());
  const auto load = [&](const std::string& folder, int classes) {
    return *LoadParameters(folder, *(*FindBackbone("lenet5"))->build({classes, 32, 32}));
  };
  const Parameters base = load(RunDir("base") + "/model", 3);
  const Parameters head = load(RunDir("models") + "/digits/1", 5);
  EXPECT_TRUE(std::ranges::equal(base.Get("fc2.weight"), head.Get("fc2.weight")));
  EXPECT_TRUE(std::ranges::equal(base.Get("conv1.bias"), head.Get("conv1.bias")));
  EXPECT_EQ(head.Get("fc3.weight").size(), 5u * 84u);
  const ModelConfig config = *ReadModelConfig(RunDir("models") + "/digits/1");
  EXPECT_EQ(config.num_classes, 5);
  EXPECT_EQ(config.label_names.size(), 5u);
  // Bars at five places are easy to tell apart, also from features made for three.
  EXPECT_THAT(ReadFile(log()), testing::ContainsRegex("top-1 (9[0-9]|100)"));
}

TEST_F(TrainCommandTest, LooksAtTheImagesFirst) {
  const TemporaryFolder photos;
  std::uint32_t seed = 0;
  for (const char* folder : {"train/cat/", "train/dog/", "val/cat/", "val/dog/"}) {
    fs::create_directories(photos.path() + "/" + folder);
    for (const char* name : {"0.png", "1.png", "2.png", "3.png"}) {
      photos.Write(folder + std::string(name), EncodePng(NoisyImage(32, 32, ++seed)));
    }
  }
  const std::string picture = EncodePng(NoisyImage(32, 32, ++seed));
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
  expect({data_.path(), "--epochs", "none"}, 2, "--epochs");
  expect({data_.path(), "--model", "lenet5"}, 2, "--output RUN_DIR is missing");
  expect({data_.path(), "--output", out}, 2, "no network");
  expect({"--model", "lenet5", "--output", out}, 2, "DATA is missing");
  expect({data_.path(), "--model", "lenet6", "--output", out}, 2, "lenet5");
  expect({data_.path() + "/none", "--model", "lenet5", "--output", out}, 2, "none");
  expect({data_.path(), "--pretrained", out, "--output", out}, 2, "config.json");
  expect({"--output", out, "--resume"}, 2, "no run to resume");
  EXPECT_FALSE(fs::exists(out));  // nothing was begun
  ASSERT_EQ(Run(Arguments("done")), 0);
  expect(Arguments("done"), 2, "there is a run already");
  std::vector<std::string> other = Arguments("done");
  *std::ranges::find(other, "3e-3") = "4e-3";
  other.push_back("--resume");
  expect(other, 2, "--learning-rate was \"0.003\"");
}

}  // namespace
}  // namespace avocet
