#include "engine/tuning/measure.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <vector>

#include "tests/tuning/fake_plans.h"

namespace avocet {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;

const PlanFactory kBroken = [](int, int) -> absl::StatusOr<std::unique_ptr<Plan>> {
  return absl::InternalError("no");
};

TEST(MeasureBatchCosts, TimesTheSizesUpToTheLargestBatchAndFreesThem) {
  FakePlans plans;
  const PlanFactory network =
      plans.Network("net", [](int batch_size, int) { return milliseconds(3 * batch_size + 7); });
  const auto costs = MeasureBatchCosts(network, 6, plans.clock());
  ASSERT_TRUE(costs.ok());
  EXPECT_THAT(*costs, ElementsAre(BatchCost{1, milliseconds(10)}, BatchCost{2, milliseconds(13)},
                                  BatchCost{4, milliseconds(19)}));
  EXPECT_EQ(plans.alive, 0);
  for (const FakePlans::Run& run : plans.runs) EXPECT_EQ(run.threads, 1);
}

TEST(MeasureBatchCosts, IsNotImpressedByAnOutlier) {
  FakePlans plans;
  int runs = 0;
  const PlanFactory network = plans.Network(
      "net", [&runs](int, int) { return ++runs <= 3 ? milliseconds(900) : milliseconds(5); });
  const auto costs = MeasureBatchCosts(network, 1, plans.clock());
  ASSERT_TRUE(costs.ok());
  EXPECT_EQ(costs->front().cost, milliseconds(5));
}

TEST(MeasureBatchCosts, EndsWithABatchThatTakesLong) {
  FakePlans plans;
  const PlanFactory network =
      plans.Network("net", [](int batch_size, int) { return milliseconds(600 * batch_size); });
  const auto costs = MeasureBatchCosts(network, 8, plans.clock());
  ASSERT_TRUE(costs.ok());
  EXPECT_THAT(*costs,
              ElementsAre(BatchCost{1, milliseconds(600)}, BatchCost{2, milliseconds(1200)}));
  EXPECT_TRUE(MeasuringEndsAt(costs->back()));
}

TEST(MeasureBatchCosts, ReportsAPlanThatCannotBeCompiled) {
  FakePlans plans;
  EXPECT_EQ(MeasureBatchCosts(kBroken, 8, plans.clock()).status().message(), "no");
}

TEST(MeasureLoneCosts, RunsAllPlansInTurns) {
  FakePlans plans;
  const auto cost = [](int, int threads) { return milliseconds(20 / threads); };
  const std::vector<PlanFactory> factories = {plans.Network("a", cost), plans.Network("b", cost)};
  const auto costs = MeasureLoneCosts(factories, 2, plans.clock());
  ASSERT_EQ(costs.size(), 2u);
  for (const absl::StatusOr<LoneCosts>& lone : costs) {
    ASSERT_TRUE(lone.ok());
    EXPECT_EQ(lone->single, milliseconds(20));
    EXPECT_EQ(lone->wide, milliseconds(10));
  }
  const std::vector<FakePlans::Run> turn = {{"a", 1, 1}, {"a", 1, 2}, {"b", 1, 1}, {"b", 1, 2}};
  ASSERT_EQ(plans.runs.size(), 8 * turn.size()) << "a warm-up and seven turns";
  for (size_t i = 0; i < plans.runs.size(); ++i) {
    EXPECT_EQ(plans.runs[i], turn[i % turn.size()]) << i;
  }
  EXPECT_EQ(plans.alive, 0);
}

TEST(MeasureLoneCosts, DoesNotLetADisturbanceDecide) {
  FakePlans plans;
  int runs = 0;
  // The machine is slow for everybody at first.
  const auto cost = [&runs](int base) { return milliseconds(++runs < 6 ? 10 * base : base); };
  const std::vector<PlanFactory> factories = {
      plans.Network("a", [&](int, int) { return cost(5); }),
      plans.Network("b", [&](int, int) { return cost(4); })};
  const auto costs = MeasureLoneCosts(factories, 1, plans.clock());
  EXPECT_EQ(costs[0]->single, milliseconds(5));
  EXPECT_EQ(costs[1]->single, milliseconds(4));
  EXPECT_EQ(costs[1]->wide, milliseconds(4)) << "one thread is all there is";
}

TEST(MeasureLoneCosts, TakesTwoTurnsOfASlowNetwork) {
  FakePlans plans;
  const std::vector<PlanFactory> factories = {
      plans.Network("slow", [](int, int) { return std::chrono::seconds(3); })};
  MeasureLoneCosts(factories, 1, plans.clock());
  EXPECT_EQ(plans.runs.size(), 3u);
}

TEST(MeasureLoneCosts, ReportsWhatCannotBeCompiledAndTimesTheRest) {
  FakePlans plans;
  const std::vector<PlanFactory> factories = {
      kBroken, plans.Network("works", [](int, int) { return milliseconds(2); })};
  const auto costs = MeasureLoneCosts(factories, 2, plans.clock());
  EXPECT_EQ(costs[0].status().message(), "no");
  EXPECT_EQ(costs[1]->single, milliseconds(2));
}

}  // namespace
}  // namespace avocet
