#include "engine/train/report/make_observers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>
#include <string>

#include "engine/train/report/metrics_port.h"
#include "tests/checkpoint/temporary_folder.h"
#include "tests/train/report/sample_run.h"

namespace avocet {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kNoTerminal = -1;

TEST(MakeObservers, FillsTheRunFolder) {
  const TemporaryFolder folder;
  std::ostringstream out;
  const auto observers = MakeObservers({.run_folder = folder.path()}, out, kNoTerminal);
  ASSERT_TRUE(observers.ok()) << observers.status();
  PlayRun(**observers, 0, 100);
  EXPECT_THAT(out.str(), AllOf(HasSubstr("epoch 4/4: loss "), Not(HasSubstr("\r"))));
  EXPECT_THAT(folder.Read("report.html"), HasSubstr("4 of 4 epochs, 100 steps"));
  EXPECT_THAT(folder.Read("epochs.csv"), HasSubstr("\n100,4,"));
  EXPECT_THAT(folder.Read("classes.csv"), HasSubstr("\n8,Travel & Places,430,285\n"));
  EXPECT_FALSE(std::filesystem::is_empty(folder.path() + "/tensorboard"));
}

TEST(MakeObservers, FailsBeforeTheRunWhenThePortIsTaken) {
  const TemporaryFolder folder;
  std::ostringstream out;
  const auto other = MetricsPort::Start("127.0.0.1", 0);
  ASSERT_TRUE(other.ok());
  const auto observers = MakeObservers({.run_folder = folder.path(),
                                        .metrics_port = (*other)->port(),
                                        .metrics_address = "127.0.0.1"},
                                       out, kNoTerminal);
  EXPECT_EQ(observers.status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace avocet
