#include "tests/train/job/train_command_fixture.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <thread>

#include "engine/checkpoint/checkpoint.h"
#include "engine/models/zoo.h"
#include "engine/train/report/metrics_csv.h"
#include "tests/train/job/digit_files.h"

namespace avocet {

namespace fs = std::filesystem;

std::string ReadFile(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

TrainCommandTest::TrainCommandTest() { WriteDigitFiles(data(), 3, 96, 30); }

pid_t TrainCommandTest::Start(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), AVOCET_TRAIN);
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const std::string output = log();
  const pid_t child = fork();
  if (child == 0) {
    if (freopen(output.c_str(), "w", stdout) == nullptr || dup2(1, 2) < 0) _exit(127);
    execv(AVOCET_TRAIN, argv.data());
    _exit(127);
  }
  return child;
}

int TrainCommandTest::Wait(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void TrainCommandTest::AwaitCheckpoint(pid_t child, const std::string& name,
                                       const std::string& after) const {
  siginfo_t ended = {};
  while ((Last(name).empty() || Last(name) == after) && ended.si_pid == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOHANG | WNOWAIT);
  }
}

std::string TrainCommandTest::Last(const std::string& name) const {
  std::error_code none;
  return fs::read_symlink(RunDir(name) + "/checkpoints/last", none);
}

void TrainCommandTest::ExpectKilledIsTheSame(
    const std::function<std::vector<std::string>(const std::string& name)>& arguments, int kills) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point begin = Clock::now();
  ASSERT_EQ(Run(arguments("whole")), 0) << ReadFile(log());
  const Clock::duration whole = Clock::now() - begin;
  const auto start = [&] {
    std::vector<std::string> all = arguments("killed");
    if (fs::exists(RunDir("killed") + "/config.textproto")) all.push_back("--resume");
    return Start(all);
  };
  std::mt19937 random(7);
  std::uniform_real_distribution<double> share(0, 1);
  int behind_checkpoint = 0;
  int ended = 0;
  for (int killed = 0; killed < kills;) {
    const std::string last = Last("killed");
    const pid_t child = start();
    // Every second one anywhere from its start on, the others behind a checkpoint of their own, and
    // all of them so early that there is something left for the rest.
    const bool behind = killed % 2 == 1;
    if (behind) AwaitCheckpoint(child, "killed", last);
    std::this_thread::sleep_for(whole * share(random) / (behind ? kills : 4));
    kill(child, SIGKILL);
    const int status = Wait(child);
    if (status == 0) {
      // It came to its end first: another one is killed in its place.
      ExpectSameRuns("killed", "whole");
      ASSERT_LT(++ended, 20 * kills) << "no run lasts until it is killed";
      fs::remove_all(RunDir("killed"));
      continue;
    }
    ASSERT_EQ(status, 128 + SIGKILL) << ReadFile(log());
    ++killed;
    behind_checkpoint += Last("killed") != last;
  }
  EXPECT_GE(behind_checkpoint, kills / 2);
  ASSERT_EQ(Wait(start()), 0) << ReadFile(log());
  ExpectSameRuns("killed", "whole");
}

void TrainCommandTest::ExpectSameRuns(const std::string& name, const std::string& other) const {
  ASSERT_FALSE(State(other).empty());
  // Not as texts, whose difference would be printed.
  EXPECT_TRUE(State(name) == State(other));
  const std::vector<StepFacts> steps = *ReadMetricsCsv(RunDir(name));
  const std::vector<StepFacts> expected = *ReadMetricsCsv(RunDir(other));
  ASSERT_EQ(steps.size(), expected.size());
  for (std::size_t i = 0; i < steps.size(); ++i) {
    EXPECT_EQ(steps[i].step, expected[i].step);
    EXPECT_EQ(steps[i].epoch, expected[i].epoch) << "step " << steps[i].step;
    EXPECT_EQ(steps[i].loss, expected[i].loss) << "step " << steps[i].step;
    EXPECT_EQ(steps[i].top1, expected[i].top1) << "step " << steps[i].step;
    EXPECT_EQ(steps[i].learning_rate, expected[i].learning_rate) << "step " << steps[i].step;
    EXPECT_EQ(steps[i].gradient_norm, expected[i].gradient_norm) << "step " << steps[i].step;
  }
  const std::vector<EpochFacts> epochs = *ReadEpochsCsv(RunDir(name));
  const std::vector<EpochFacts> expected_epochs = *ReadEpochsCsv(RunDir(other));
  ASSERT_EQ(epochs.size(), expected_epochs.size());
  for (std::size_t i = 0; i < epochs.size(); ++i) {
    EXPECT_EQ(epochs[i].loss, expected_epochs[i].loss) << "epoch " << i + 1;
    EXPECT_EQ(epochs[i].top1, expected_epochs[i].top1) << "epoch " << i + 1;
    EXPECT_EQ(epochs[i].best, expected_epochs[i].best) << "epoch " << i + 1;
    ASSERT_TRUE(epochs[i].validation && expected_epochs[i].validation);
    EXPECT_EQ(epochs[i].validation->loss, expected_epochs[i].validation->loss);
  }
}

std::vector<std::string> TrainCommandTest::Arguments(const std::string& name,
                                                     const std::vector<std::string>& more) const {
  // Checkpoints come several times an epoch where the disk is slow.
  const std::vector<std::vector<std::string>> defaults = {
      {"--model", "lenet5"},       {"--epochs", "3"},          {"--batch-size", "8"},
      {"--drop-rate", "0.2"},      {"--threads", "1"},         {"--loader-threads", "1"},
      {"--learning-rate", "3e-3"}, {"--precision", "float32"}, {"--checkpoint-minutes", "0.001"}};
  std::vector<std::string> arguments = {data(), "--output", RunDir(name)};
  for (const std::vector<std::string>& flag : defaults) {
    if (std::ranges::find(more, flag[0]) != more.end()) continue;
    arguments.insert(arguments.end(), flag.begin(), flag.end());
  }
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

std::string TrainCommandTest::State(const std::string& name) const {
  return ReadFile(RunDir(name) + "/checkpoints/last/training_state.safetensors");
}

Parameters TrainCommandTest::Load(const std::string& folder, const std::string& architecture,
                                  int classes) {
  return *LoadParameters(folder, *(*FindBackbone(architecture))->build({classes, 32, 32}));
}

}  // namespace avocet
