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

void TrainCommandTest::AwaitCheckpoint(pid_t child, const std::string& name) const {
  siginfo_t ended = {};
  while (!fs::exists(RunDir(name) + "/checkpoints/last") && ended.si_pid == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOHANG | WNOWAIT);
  }
}

void TrainCommandTest::ExpectKilledIsTheSame(
    const std::function<std::vector<std::string>(const std::string& name)>& arguments, int kills) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point begin = Clock::now();
  ASSERT_EQ(Run(arguments("whole")), 0) << ReadFile(log());
  std::uniform_real_distribution<double> share(0, 0.75);  // of the time that a whole run takes
  const Clock::duration whole = Clock::now() - begin;
  std::mt19937 random(7);
  int killed = 0;
  while (true) {
    std::vector<std::string> all = arguments("killed");
    if (fs::exists(RunDir("killed") + "/config.textproto")) all.push_back("--resume");
    const pid_t child = Start(all);
    if (killed < kills) {
      std::this_thread::sleep_for(whole * share(random));
      kill(child, SIGKILL);
    }
    const int status = Wait(child);
    if (status == 0) break;
    ASSERT_EQ(status, 128 + SIGKILL) << ReadFile(log());
    ++killed;
  }
  EXPECT_GT(killed, 0);
  ASSERT_FALSE(State("whole").empty());
  // Not as texts, whose difference would be printed.
  EXPECT_TRUE(State("killed") == State("whole")) << "after " << killed << " kills";
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
