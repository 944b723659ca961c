#include "engine/train/report/metrics_csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/checkpoint/temporary_folder.h"
#include "tests/train/report/sample_run.h"

namespace avocet {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Of a run that was never interrupted.
std::string Uninterrupted(const char* name) {
  const TemporaryFolder folder;
  MetricsCsv csv(folder.path());
  PlayRun(csv, 0, 100);
  return folder.Read(name);
}

TEST(MetricsCsv, WritesARowAStepAndARowAnEpoch) {
  const TemporaryFolder folder;
  {
    MetricsCsv csv(folder.path());
    PlayRun(csv, 0, 100);
  }
  EXPECT_THAT(folder.Read("metrics.csv"),
              AllOf(StartsWith("step,epoch,loss,top1,learning_rate,"), HasSubstr("\n1,1,")));
  const auto steps = ReadMetricsCsv(folder.path());
  ASSERT_TRUE(steps.ok()) << steps.status();
  ASSERT_EQ(steps->size(), 100u);
  const StepFacts expected = SampleStep(37);
  const StepFacts& step = (*steps)[36];
  EXPECT_EQ(step.step, 37);
  EXPECT_EQ(step.epoch, expected.epoch);
  EXPECT_NEAR(step.loss, expected.loss, 1e-8);
  EXPECT_NEAR(step.wait_seconds, expected.wait_seconds, 1e-8);
  const auto epochs = ReadEpochsCsv(folder.path());
  ASSERT_TRUE(epochs.ok()) << epochs.status();
  ASSERT_EQ(epochs->size(), 4u);
  EXPECT_EQ(epochs->back().step, 100);
  EXPECT_TRUE(epochs->back().best);
  ASSERT_TRUE(epochs->back().validation.has_value());
  EXPECT_EQ(epochs->back().validation->images, 1855);
}

TEST(MetricsCsv, CutsOffStepsThatWillBeRepeated) {
  const TemporaryFolder folder;
  {
    MetricsCsv first(folder.path());
    PlayRun(first, 0, 76);
  }
  {
    MetricsCsv second(folder.path());
    PlayRun(second, 60, 100);
  }
  EXPECT_EQ(folder.Read("metrics.csv"), Uninterrupted("metrics.csv"));
  EXPECT_EQ(folder.Read("epochs.csv"), Uninterrupted("epochs.csv"));
}

// It was killed between the row of an epoch and the checkpoint behind it.
TEST(MetricsCsv, CutsOffAnEpochWhoseEndWillBeRepeated) {
  const TemporaryFolder folder;
  {
    MetricsCsv first(folder.path());
    PlayRun(first, 0, kSampleStepsPerEpoch);
  }
  ASSERT_EQ(ReadEpochsCsv(folder.path())->size(), 1u);
  {
    MetricsCsv second(folder.path());
    RunFacts facts = SampleFacts(kSampleStepsPerEpoch);
    facts.epochs_done = 0;
    second.OnStart(facts);
  }
  EXPECT_EQ(ReadMetricsCsv(folder.path())->size(), std::size_t{kSampleStepsPerEpoch});
  EXPECT_TRUE(ReadEpochsCsv(folder.path())->empty());
}

TEST(MetricsCsv, CutsOffARowThatAKillCutShort) {
  const TemporaryFolder folder;
  {
    MetricsCsv first(folder.path());
    PlayRun(first, 0, 60);
  }
  std::ofstream(folder.path() + "/metrics.csv", std::ios::app) << "6";
  EXPECT_EQ(ReadMetricsCsv(folder.path())->size(), 60u);
  {
    MetricsCsv second(folder.path());
    PlayRun(second, 60, 100);
  }
  EXPECT_EQ(folder.Read("metrics.csv"), Uninterrupted("metrics.csv"));
}

TEST(MetricsCsv, BeginsANewFileForANewRun) {
  const TemporaryFolder folder;
  folder.Write("metrics.csv", "left,by,another\n1,2,3\n");
  {
    MetricsCsv csv(folder.path());
    PlayRun(csv, 0, 100);
  }
  EXPECT_EQ(folder.Read("metrics.csv"), Uninterrupted("metrics.csv"));
}

TEST(MetricsCsv, LeavesAFileWithOtherColumnsAlone) {
  const TemporaryFolder folder;
  const std::string other = "step,what\n1,2\n";
  folder.Write("metrics.csv", other);
  {
    MetricsCsv csv(folder.path());
    PlayRun(csv, 50, 100);
  }
  EXPECT_EQ(folder.Read("metrics.csv"), other);
  EXPECT_EQ(ReadMetricsCsv(folder.path()).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(MetricsCsv, SaysWhichLineIsWrong) {
  const TemporaryFolder folder;
  {
    MetricsCsv csv(folder.path());
    PlayRun(csv, 0, 2);
  }
  std::ofstream(folder.path() + "/metrics.csv", std::ios::app) << "3,1,x,0,0,0,0,0,0\n";
  EXPECT_THAT(std::string(ReadMetricsCsv(folder.path()).status().message()),
              AllOf(HasSubstr("metrics.csv:4"), HasSubstr("\"x\"")));
}

TEST(MetricsCsv, LetsTheRunGoOnWithoutAFolder) {
  MetricsCsv csv("/no/such/folder");
  PlayRun(csv, 0, 100);
  EXPECT_FALSE(std::filesystem::exists("/no/such/folder"));
}

}  // namespace
}  // namespace avocet
