// Which plans executors have, and when they get them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>
#include <vector>

#include "tests/server/test_server.h"

namespace avocet::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

using NetworkRun = FakeNetwork::Run;

std::vector<std::string> Pictures(int count) {
  return std::vector<std::string>(static_cast<size_t>(count), Picture(3));
}

TEST(Plans, ForBatchesAreMadeWhileTheServerServes) {
  TestServer server({.start_executors = false, .wait_for_all_plans = false});
  std::promise<void> begun;
  std::promise<void> go_on;
  std::atomic<bool> first = true;
  server.network.SetOnCompile([&](const NetworkRun& run) {
    if (run.batch_size == 2 && first.exchange(false)) {
      begun.set_value();
      go_on.get_future().wait();
    }
    return absl::OkStatus();
  });
  server.StartExecutors();
  begun.get_future().wait();
  EXPECT_EQ(server.Classify(Pictures(2)).Label(1), 3);
  EXPECT_THAT(server.network.runs(), Contains(NetworkRun{1, 1}));
  go_on.set_value();
  server.executors().WaitForAllPlans();
  server.network.ForgetRuns();
  EXPECT_EQ(server.Classify(Pictures(8)).Label(7), 3);
  EXPECT_THAT(server.network.runs(), ElementsAre(NetworkRun{8, 1}));
}

TEST(Plans, ArePinnedByTheOperatorWithoutAMeasurement) {
  TestServer server({.plans = {.batch_sizes = {3}}, .start_executors = false});
  std::vector<NetworkRun> compiled;
  server.network.SetOnCompile([&](const NetworkRun& run) {
    compiled.push_back(run);
    return absl::OkStatus();
  });
  server.StartExecutors();
  EXPECT_THAT(compiled, ElementsAre(NetworkRun{1, 1}, NetworkRun{3, 1}));
  EXPECT_EQ(server.Classify(Pictures(5)).Label(4), 3);
  EXPECT_THAT(server.network.runs(),
              ElementsAre(NetworkRun{3, 1}, NetworkRun{1, 1}, NetworkRun{1, 1}));
}

TEST(Plans, ForALoneImageAreWideWhereThatIsFaster) {
  TestServer faster({.executors = 2, .wide_threads = 2});
  EXPECT_EQ(faster.Classify(Pictures(1)).Label(), 3);
  EXPECT_THAT(faster.network.runs(), ElementsAre(NetworkRun{1, 2}));

  TestServer slower({.executors = 2, .wide_threads = 2, .start_executors = false});
  slower.network.threads_help = false;
  slower.StartExecutors();
  EXPECT_EQ(slower.Classify(Pictures(1)).Label(), 3);
  EXPECT_THAT(slower.network.runs(), ElementsAre(NetworkRun{1, 1}));
}

TEST(Plans, ForALoneImageArePinnedToo) {
  TestServer single(
      {.executors = 2, .wide_threads = 2, .plans = {.lone_image = LoneImage::kSingle}});
  EXPECT_EQ(single.Classify(Pictures(1)).Label(), 3);
  EXPECT_THAT(single.network.runs(), ElementsAre(NetworkRun{1, 1}));

  TestServer wide({.executors = 2,
                   .wide_threads = 2,
                   .plans = {.lone_image = LoneImage::kWide},
                   .start_executors = false});
  wide.network.threads_help = false;
  wide.StartExecutors();
  EXPECT_EQ(wide.Classify(Pictures(1)).Label(), 3);
  EXPECT_THAT(wide.network.runs(), ElementsAre(NetworkRun{1, 2}));
}

TEST(Plans, ThatCannotBeMadeAreDoneWithout) {
  TestServer server({.start_executors = false});
  server.network.SetOnCompile([](const NetworkRun& run) {
    return run.batch_size > 1 ? absl::ResourceExhaustedError("too large") : absl::OkStatus();
  });
  server.StartExecutors();
  EXPECT_EQ(server.Classify(Pictures(2)).Label(1), 3);
  EXPECT_THAT(server.network.runs(), ElementsAre(NetworkRun{1, 1}, NetworkRun{1, 1}));
}

}  // namespace
}  // namespace avocet::testing
