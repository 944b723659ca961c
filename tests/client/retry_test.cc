#include "client/retry.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/clock.h"

namespace avocet {
namespace {

using std::chrono::milliseconds;

TEST(Backoff, GrowsByTheMultiplierUpToTheCap) {
  const RetryOptions options = {
      .initial_backoff = milliseconds(100), .multiplier = 3, .max_backoff = milliseconds(1000)};
  EXPECT_EQ(Backoff(1, 0.5, options), milliseconds(100));
  EXPECT_EQ(Backoff(2, 0.5, options), milliseconds(300));
  EXPECT_EQ(Backoff(3, 0.5, options), milliseconds(900));
  EXPECT_EQ(Backoff(4, 0.5, options), milliseconds(1000));
  EXPECT_EQ(Backoff(1000000, 0.5, options), milliseconds(1000));
}

TEST(Backoff, SpreadsByTheJitter) {
  const RetryOptions options = {.initial_backoff = milliseconds(100), .jitter = 0.2};
  EXPECT_EQ(Backoff(1, 0, options), milliseconds(80));
  EXPECT_EQ(Backoff(1, 0.75, options), milliseconds(110));
}

TEST(SystemClock, RunsTimersInTheOrderOfTheirTimes) {
  std::mutex mutex;
  std::condition_variable ran;
  std::vector<int> order;
  const auto note = [&](int i) {
    return [&, i] {
      std::lock_guard lock(mutex);
      order.push_back(i);
      ran.notify_all();
    };
  };
  // The clock's thread is held up until all timers are set, so that a slow machine cannot run one
  // before the next is there.
  std::mutex all_set;
  all_set.lock();
  SystemClock clock;
  clock.RunAfter(milliseconds(0), [&all_set] { std::lock_guard wait(all_set); });
  clock.RunAfter(milliseconds(20), note(3));
  clock.RunAfter(milliseconds(10), note(2));
  clock.RunAfter(milliseconds(1), note(1));
  all_set.unlock();
  std::unique_lock lock(mutex);
  ran.wait(lock, [&] { return order.size() == 3; });
  EXPECT_THAT(order, testing::ElementsAre(1, 2, 3));
}

TEST(SystemClock, DropsTimersWhenItIsDestroyed) {
  bool ran = false;
  {
    SystemClock clock;
    clock.RunAfter(std::chrono::hours(1), [&ran] { ran = true; });
  }
  EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace avocet
