#include "engine/train/report/console.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <sstream>
#include <string>

#include "tests/train/report/sample_run.h"

namespace avocet {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(TrainingProgress, KnowsWhereTheRunIsAndWhenItEnds) {
  TrainingProgress progress;
  progress.Start(SampleFacts(25));
  EXPECT_LT(progress.seconds_left(), 0) << "not known before the first step";
  for (std::int64_t step = 26; step <= 50; ++step) progress.AddStep(SampleStep(step));
  EXPECT_EQ(progress.step_in_epoch(), 25);
  EXPECT_NEAR(progress.images_per_second(), 32 / 0.25, 1e-9);
  EXPECT_NEAR(progress.wait_share(), 0.04, 1e-9);
  EXPECT_NEAR(progress.seconds_left(), 50 * 0.25, 1e-9);
  progress.AddEpoch(SampleEpoch(2));
  EXPECT_NEAR(progress.seconds_left(), 50 * 0.25 + 2 * 2, 1e-9) << "two validations of 2 s more";
  progress.AddStep(SampleStep(51));
  EXPECT_EQ(progress.step_in_epoch(), 1);
}

TEST(TrainingProgress, RecoversFromALossThatIsNoNumber) {
  TrainingProgress progress;
  progress.Start(SampleFacts());
  StepFacts step = SampleStep(1);
  step.loss = std::numeric_limits<double>::quiet_NaN();
  progress.AddStep(step);
  progress.AddStep(SampleStep(2));
  EXPECT_NEAR(progress.loss(), SampleStep(2).loss, 1e-12);
}

TEST(FormatDuration, IsShort) {
  EXPECT_EQ(FormatDuration(0), "0:00");
  EXPECT_EQ(FormatDuration(125.4), "2:05");
  EXPECT_EQ(FormatDuration(3600), "1:00:00");
  EXPECT_EQ(FormatDuration(47 * 3600), "47:00:00");
  EXPECT_EQ(FormatDuration(76 * 3600), "3 d 04 h");
}

TEST(ProgressLines, WritesALineAtTheIntervalAndAtEveryEpoch) {
  std::ostringstream out;
  ProgressLines lines(out, 5);
  PlayRun(lines, 0, 100);
  const std::string text = out.str();
  // 25 steps of 0.25 s an epoch: one line after 5 s, then the epoch's; and the end.
  EXPECT_EQ(std::ranges::count(text, '\n'), 2 * 4 + 1);
  EXPECT_EQ(text.find('\r'), std::string::npos);
  EXPECT_THAT(text, HasSubstr("epoch 1/4, step 20/25: loss "));
  EXPECT_THAT(text, HasSubstr("128 img/s, 4 % waiting for data, 0:20 left\n"));
  EXPECT_THAT(text, HasSubstr("; validation: loss "));
  EXPECT_THAT(text, HasSubstr("top-5 97.00 %, the best so far\n"));
  EXPECT_THAT(text, HasSubstr("finished after 0:33: top-1 "));
}

TEST(ProgressBar, DrawsOverItsLineAndLeavesEpochsBehind) {
  std::ostringstream out;
  ProgressBar bar(out, [] { return 120; });
  PlayRun(bar, 0, 100);
  const std::string text = out.str();
  EXPECT_EQ(std::ranges::count(text, '\n'), 4 + 1);
  EXPECT_THAT(text, HasSubstr("\r\x1b[Kepoch 1/4 "));
  EXPECT_THAT(text, HasSubstr("━"));
  EXPECT_THAT(text,
              ContainsRegex(" 25/25  loss 1\\.[0-9]+, top-1 [0-9.]+ %, 128 img/s, 4 % waiting "
                            "for data, 0:19 left\r"));
}

TEST(ProgressBar, NeverWraps) {
  for (const int columns : {1, 20, 60, 90, 110}) {
    std::ostringstream out;
    ProgressBar bar(out, [=] { return columns; });
    bar.OnStart(SampleFacts());
    bar.OnStep(SampleStep(1));
    const std::string line = out.str().substr(4);
    // Of a UTF-8 character, only the first byte is no continuation.
    const auto width = std::ranges::count_if(line, [](char c) { return (c & 0xC0) != 0x80; });
    EXPECT_LT(width, columns) << line;
  }
}

TEST(ProgressBar, IsNotDrawnForEveryFastStep) {
  std::ostringstream out;
  ProgressBar bar(out, [] { return 120; });
  RunFacts facts = SampleFacts();
  facts.steps_per_epoch = 1000;
  bar.OnStart(facts);
  for (int step = 1; step <= 100; ++step) {
    StepFacts fast = SampleStep(step);
    fast.seconds = 0.01;
    bar.OnStep(fast);
  }
  EXPECT_LE(std::ranges::count(out.str(), '\r'), 10);
}

TEST(EndLine, SaysWhyARunFailed) {
  RunResult result;
  result.status = absl::ResourceExhaustedError("the disk is full");
  result.seconds = 61;
  EXPECT_THAT(EndLine(result), AllOf(HasSubstr("stopped after 1:01"), HasSubstr("the disk is full"),
                                     Not(HasSubstr("top-1"))));
}

TEST(TerminalColumns, AreZeroForAFile) {
  std::FILE* const file = std::tmpfile();
  EXPECT_EQ(TerminalColumns(fileno(file)), 0);
  std::fclose(file);
}

}  // namespace
}  // namespace avocet
