// Runs that end before their end.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>

#include <filesystem>
#include <string>
#include <vector>

#include "engine/checkpoint/safetensors.h"
#include "engine/onednn/inference_model.h"
#include "tests/train/job/train_command_fixture.h"

namespace avocet {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

TEST_F(TrainCommandTest, KilledAndResumedIsTheSameRun) {
  ExpectKilledIsTheSame(
      [&](const std::string& name) {
        return Arguments(name, {"--epochs", "20"});
      },
      10);
}

TEST_F(TrainCommandTest, KilledWithBatchNormsAndTwoThreadsIsTheSameRun) {
  ExpectKilledIsTheSame(
      [&](const std::string& name) {
        return Arguments(name, {"--model",
                                "tf_efficientnet_lite0",
                                "--image-size",
                                "32",
                                "--threads",
                                "2",
                                "--precision",
                                HasBFloat16Instructions() ? "bfloat16" : "float32",
                                "--epochs",
                                "3",
                                "--batch-size",
                                "24",
                                "--loader-threads",
                                "2",
                                "--optimizer",
                                "sgd",
                                "--ema-decay",
                                "0",
                                "--checkpoint-minutes",
                                "0.0001"});
      },
      4);
}

TEST_F(TrainCommandTest, KilledAroundTheEndOfAFrozenPhaseIsTheSameRun) {
  ASSERT_EQ(Run(Arguments("base")), 0) << ReadFile(log());
  ExpectKilledIsTheSame(
      [&](const std::string& name) {
        return Arguments(name, {"--pretrained", RunDir("base") + "/model", "--freeze", "backbone",
                                "--unfreeze-at", "6", "--epochs", "10", "--feature-variants", "2"});
      },
      8);
}

TEST_F(TrainCommandTest, ASignalStopsItWithACheckpoint) {
  const pid_t child = Start(Arguments("stopped", {"--epochs", "100000"}));
  AwaitCheckpoint(child, "stopped");
  kill(child, SIGTERM);
  EXPECT_EQ(Wait(child), 3) << ReadFile(log());
  EXPECT_THAT(ReadFile(log()), HasSubstr("go on with --resume"));
  EXPECT_TRUE(
      Safetensors::Open(RunDir("stopped") + "/checkpoints/last/training_state.safetensors").ok());
}

TEST_F(TrainCommandTest, AFullDiskLeavesTheLastCheckpoint) {
  const std::vector<std::string> more = {"--epochs", "20"};
  ASSERT_EQ(Run(Arguments("whole", more)), 0) << ReadFile(log());
  const pid_t child = Start(Arguments("full", more));
  AwaitCheckpoint(child, "full");
  // From now on as if the disk were full: less than a checkpoint can be written.
  const rlimit little = {100'000, 100'000};
  ASSERT_EQ(prlimit(child, RLIMIT_FSIZE, &little, nullptr), 0);
  EXPECT_EQ(Wait(child), 1) << ReadFile(log());
  EXPECT_THAT(ReadFile(log()), HasSubstr("File too large"));
  const std::string last = RunDir("full") + "/checkpoints/last";
  EXPECT_TRUE(Safetensors::Open(last + "/training_state.safetensors").ok());
  EXPECT_EQ(Load(RunDir("full") + "/model", "lenet5", 3).Get("fc3.bias").size(), 3u);
  // Nothing unfinished is left.
  for (const fs::directory_entry& entry : fs::directory_iterator(RunDir("full") + "/checkpoints")) {
    EXPECT_NE(entry.path().filename().string()[0], '.') << entry.path();
  }
  // With room again it goes on.
  std::vector<std::string> resumed = Arguments("full", more);
  resumed.push_back("--resume");
  EXPECT_EQ(Run(resumed), 0) << ReadFile(log());
  EXPECT_TRUE(State("full") == State("whole"));
}

}  // namespace
}  // namespace avocet
