// avocet-server as a process: signals and exit status.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "server/shutdown_signal.h"

namespace avocet {
namespace {

using ::testing::AllOf;
using ::testing::ExitedWithCode;
using ::testing::HasSubstr;

struct Outcome {
  int exit_status = -1;
  std::string output;
};

Outcome RunServer(const std::string& arguments) {
  Outcome outcome;
  FILE* const pipe = popen((AVOCET_SERVER_PROGRAM " " + arguments + " 2>&1").c_str(), "r");
  std::array<char, 1024> buffer;
  while (std::fgets(buffer.data(), buffer.size(), pipe) != nullptr) outcome.output += buffer.data();
  const int status = pclose(pipe);
  if (WIFEXITED(status)) outcome.exit_status = WEXITSTATUS(status);
  return outcome;
}

TEST(Program, ExitsWithTwoForAWrongCommandLine) {
  const Outcome outcome = RunServer("--port 99999");
  EXPECT_EQ(outcome.exit_status, 2);
  EXPECT_THAT(outcome.output, HasSubstr("--port"));
}

TEST(Program, ExitsWithOneAndAReasonWhenItCannotStart) {
  const Outcome outcome = RunServer("--models /no/such/folder --port 0 --no-metrics");
  EXPECT_EQ(outcome.exit_status, 1);
  EXPECT_THAT(outcome.output,
              AllOf(HasSubstr("/no/such/folder"), HasSubstr("No such file or directory")));
}

TEST(Program, SaysItsVersion) {
  const Outcome outcome = RunServer("--version");
  EXPECT_EQ(outcome.exit_status, 0);
  EXPECT_THAT(outcome.output, HasSubstr("avocet-server " AVOCET_TEST_VERSION));
}

// Each of these runs in a process of its own.
class ShutdownSignalDeathTest : public ::testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(ShutdownSignalDeathTest, WaitsForTheFirstSignal) {
  for (const int sent : {SIGTERM, SIGINT}) {
    EXPECT_EXIT(
        {
          ShutdownSignal shutdown;
          kill(getpid(), sent);
          std::exit(shutdown.Wait() == sent ? 0 : 1);
        },
        ExitedWithCode(0), "");
  }
}

TEST_F(ShutdownSignalDeathTest, EndsTheProcessAtTheSecondSignal) {
  EXPECT_EXIT(
      {
        ShutdownSignal shutdown;
        kill(getpid(), SIGTERM);
        shutdown.Wait();
        kill(getpid(), SIGINT);
        while (true) pause();
      },
      ExitedWithCode(128 + SIGINT), "");
}

TEST_F(ShutdownSignalDeathTest, EndsItsThreadWithoutASignal) {
  EXPECT_EXIT(
      {
        { ShutdownSignal shutdown; }
        std::exit(0);
      },
      ExitedWithCode(0), "");
}

}  // namespace
}  // namespace avocet
