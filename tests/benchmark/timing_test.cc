#include "tests/benchmark/timing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

namespace avocet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

TEST(TimingTest, RunsOnceUntimedAndThenAsOftenAsAsked) {
  int runs = 0;
  const Timing timing = MeasureRuns([&] { ++runs; }, /*seconds=*/0, /*least_runs=*/3);
  EXPECT_EQ(runs, 4);
  EXPECT_GE(timing.least, 0);
  EXPECT_LE(timing.least, timing.median);
}

TEST(TimingTest, AnswersEveryRequest) {
  std::istringstream requests("0.5\n2\n");
  std::ostringstream answers;
  std::vector<double> asked;
  const absl::Status status =
      AnswerRequests(requests, answers, R"({"ready": true})", [&](double seconds) {
        asked.push_back(seconds);
        return Timing{.least = seconds, .median = 2 * seconds};
      });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_THAT(asked, ElementsAre(0.5, 2));
  EXPECT_EQ(answers.str(),
            "{\"ready\": true}\n"
            "{\"least\": 0.500000000, \"median\": 1.000000000}\n"
            "{\"least\": 2.000000000, \"median\": 4.000000000}\n");
}

TEST(TimingTest, RefusesWhatIsNoNumberOfSeconds) {
  for (const char* line : {"soon", "", "-1", "inf", "nan", "1 2"}) {
    std::istringstream requests(std::string(line) + "\n");
    std::ostringstream answers;
    const absl::Status status =
        AnswerRequests(requests, answers, "{}", [](double) { return Timing(); });
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << line;
    EXPECT_THAT(std::string(status.message()),
                StartsWith("standard input: expected a number of seconds"));
    EXPECT_THAT(std::string(status.message()), HasSubstr(line));
    EXPECT_EQ(answers.str(), "{}\n");
  }
}

}  // namespace
}  // namespace avocet
