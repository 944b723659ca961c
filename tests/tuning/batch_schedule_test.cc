#include "engine/tuning/batch_schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace avocet {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;

std::vector<int> Sizes(const BatchSchedule& schedule) {
  return {schedule.sizes().begin(), schedule.sizes().end()};
}

BatchSchedule FromMilliseconds(std::vector<std::pair<int, int>> costs) {
  std::vector<BatchCost> batch_costs;
  for (const auto& [size, cost] : costs) batch_costs.push_back({size, milliseconds(cost)});
  return BatchSchedule::FromCosts(batch_costs);
}

TEST(BatchSchedule, KeepsSingleImagesAloneWhereBatchesSaveNothing) {
  const BatchSchedule schedule = FromMilliseconds({{1, 10}, {2, 20}, {4, 40}, {8, 82}});
  EXPECT_THAT(Sizes(schedule), ElementsAre(1));
  EXPECT_EQ(schedule.largest(), 1);
  EXPECT_EQ(schedule.Next(1), 1);
  EXPECT_EQ(schedule.Next(8), 1);
}

TEST(BatchSchedule, KeepsASizeThatSavesFivePercentAndNoneThatSavesLess) {
  EXPECT_THAT(Sizes(FromMilliseconds({{1, 100}, {2, 190}})), ElementsAre(1, 2));
  EXPECT_THAT(Sizes(FromMilliseconds({{1, 100}, {2, 191}})), ElementsAre(1));
}

TEST(BatchSchedule, ComparesWithTheSmallerSizesThatItKept) {
  // 4 is far cheaper than four single images, but no better than twice 2.
  EXPECT_THAT(Sizes(FromMilliseconds({{1, 100}, {2, 150}, {4, 300}, {8, 500}})),
              ElementsAre(1, 2, 8));
}

TEST(BatchSchedule, CutsABatchTheCheapestWay) {
  const BatchSchedule schedule = FromMilliseconds({{1, 10}, {2, 16}, {4, 28}});
  ASSERT_THAT(Sizes(schedule), ElementsAre(1, 2, 4));
  EXPECT_EQ(schedule.Next(1), 1);
  EXPECT_EQ(schedule.Next(2), 2);
  EXPECT_EQ(schedule.Next(3), 2);  // 16 + 10 beats 28
  EXPECT_EQ(schedule.Next(4), 4);
  EXPECT_EQ(schedule.Next(7), 4) << "more than the largest size";
}

TEST(BatchSchedule, RunsAPlanWithRowsToSpareWhereThatIsCheaper) {
  const BatchSchedule schedule = FromMilliseconds({{1, 10}, {2, 16}, {4, 17}});
  EXPECT_EQ(schedule.Next(3), 4);
  EXPECT_EQ(schedule.Next(2), 2);
}

TEST(BatchSchedule, DescribesItself) {
  EXPECT_EQ(FromMilliseconds({{1, 10}, {2, 16}, {4, 40}}).DebugString(),
            "1: 10.00 ms, 2: 16.00 ms (8.00 ms an image), 4: 40.00 ms (10.00 ms an image); keeps "
            "1, 2");
}

TEST(BatchSchedule, TakesPinnedSizesWithoutAskingWhatTheyCost) {
  const BatchSchedule schedule = BatchSchedule::Pinned(std::vector<int>{8, 3});
  EXPECT_THAT(Sizes(schedule), ElementsAre(1, 3, 8));
  EXPECT_EQ(schedule.Next(2), 1) << "no row to spare";
  EXPECT_EQ(schedule.Next(6), 3);
  EXPECT_EQ(schedule.Next(7), 3);
  EXPECT_EQ(schedule.Next(20), 8);
  EXPECT_EQ(schedule.DebugString(), "keeps 1, 3, 8");
}

}  // namespace
}  // namespace avocet
