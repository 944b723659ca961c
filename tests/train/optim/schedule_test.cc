#include "engine/train/optim/schedule.h"

#include <vector>

#include "gtest/gtest.h"

namespace avocet {
namespace {

void ExpectRates(const ScheduleOptions& options, const std::vector<double>& expected) {
  for (std::size_t step = 0; step < expected.size(); ++step) {
    EXPECT_NEAR(LearningRate(options, static_cast<std::int64_t>(step)), expected[step], 1e-8)
        << "step " << step;
  }
}

// The tables are optimizer_table.py's.
TEST(ScheduleTest, CosineMatchesPyTorch) {
  ExpectRates({.kind = ScheduleKind::kCosine, .rate = 0.5, .total_steps = 10, .final_factor = 0.1},
              {0.5, 0.488987716, 0.457028824, 0.407251682, 0.344528824, 0.275, 0.205471176,
               0.142748318, 0.0929711763, 0.0610122838});
}

TEST(ScheduleTest, StepMatchesPyTorch) {
  ExpectRates({.kind = ScheduleKind::kStep, .rate = 0.5, .total_steps = 8, .step_steps = 3},
              {0.5, 0.5, 0.5, 0.05, 0.05, 0.05, 0.005, 0.005});
}

TEST(ScheduleTest, OneCycleMatchesPyTorch) {
  ExpectRates({.kind = ScheduleKind::kOneCycle, .rate = 0.5, .total_steps = 10, .warmup_steps = 3},
              {0.02, 0.26, 0.5, 0.475242316, 0.405872827, 0.305631011, 0.194370989, 0.094129173,
               0.024759684, 2e-06});
}

TEST(ScheduleTest, OneCycleRisesOverTheWarmUp) {
  for (const int warmup : {1, 4, 7}) {
    const ScheduleOptions options{
        .kind = ScheduleKind::kOneCycle, .rate = 0.5, .total_steps = 10, .warmup_steps = warmup};
    EXPECT_DOUBLE_EQ(LearningRate(options, warmup - 1), 0.5) << warmup;
    for (int step = 0; step < 9; ++step) {
      const double change = LearningRate(options, step + 1) - LearningRate(options, step);
      EXPECT_EQ(change > 0, step + 1 < warmup) << warmup << " " << step;
    }
  }
}

TEST(ScheduleTest, ShortOneCyclesAreFinite) {
  for (int total = 1; total < 6; ++total) {
    for (int warmup = 0; warmup < 8; ++warmup) {
      const ScheduleOptions options{
          .kind = ScheduleKind::kOneCycle, .rate = 1, .total_steps = total, .warmup_steps = warmup};
      for (int step = 0; step < total; ++step) {
        EXPECT_GT(LearningRate(options, step), 0) << total << " " << warmup << " " << step;
        EXPECT_LE(LearningRate(options, step), 1) << total << " " << warmup << " " << step;
      }
    }
  }
}

TEST(ScheduleTest, WarmUpScalesTheSchedule) {
  const ScheduleOptions options{
      .kind = ScheduleKind::kConstant, .rate = 0.4, .total_steps = 100, .warmup_steps = 4};
  ExpectRates(options, {0.1, 0.2, 0.3, 0.4, 0.4});
  EXPECT_DOUBLE_EQ(LearningRate(options, 5000), 0.4);
}

TEST(ScheduleTest, NamesRoundTrip) {
  for (const char* name : {"constant", "step", "cosine", "one-cycle"}) {
    EXPECT_EQ(ScheduleName(*ParseSchedule(name)), name);
  }
  EXPECT_FALSE(ParseSchedule("linear").ok());
}

}  // namespace
}  // namespace avocet
