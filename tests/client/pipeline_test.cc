#include "client/pipeline.h"

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace avocet {
namespace {

TEST(Pipeline, KeepsTheOrderWhenResultsComeInAnother) {
  Pipeline<std::string> pipeline(3);
  const auto first = pipeline.Open();
  const auto second = pipeline.Open();
  const auto third = pipeline.Open();
  third("c");
  EXPECT_FALSE(pipeline.TryTake().has_value());
  second("b");
  EXPECT_FALSE(pipeline.TryTake().has_value());
  first("a");
  EXPECT_EQ(pipeline.Take(), "a");
  EXPECT_EQ(pipeline.TryTake(), "b");
  EXPECT_EQ(pipeline.Take(), "c");
  EXPECT_TRUE(pipeline.empty());
}

TEST(Pipeline, CountsFinishedResultsThatWaitForTheirTurn) {
  Pipeline<int> pipeline(2);
  const auto first = pipeline.Open();
  pipeline.Open()(2);
  EXPECT_TRUE(pipeline.full());
  first(1);
  EXPECT_TRUE(pipeline.full());
  EXPECT_EQ(pipeline.Take(), 1);
  EXPECT_FALSE(pipeline.full());
}

TEST(Pipeline, TakeWaitsForAResultFromAnotherThread) {
  Pipeline<int> pipeline(8);
  std::vector<std::function<void(int)>> places;
  for (int i = 0; i < 8; ++i) places.push_back(pipeline.Open());
  std::thread filler([&places] {
    for (int i = 7; i >= 0; --i) places[static_cast<size_t>(i)](i);
  });
  for (int i = 0; i < 8; ++i) EXPECT_EQ(pipeline.Take(), i);
  filler.join();
}

TEST(Pipeline, PlacesStayPutWhileOthersComeAndGo) {
  Pipeline<int> pipeline(64);
  std::vector<std::function<void(int)>> places;
  for (int i = 0; i < 64; ++i) places.push_back(pipeline.Open());
  for (int i = 0; i < 1000; ++i) {
    places[static_cast<size_t>(i % 64)](i);
    ASSERT_EQ(pipeline.Take(), i);
    places[static_cast<size_t>(i % 64)] = pipeline.Open();
  }
}

}  // namespace
}  // namespace avocet
