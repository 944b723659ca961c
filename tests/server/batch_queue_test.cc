#include "server/batch_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "tests/server/test_server.h"

namespace avocet {
namespace {

using ::avocet::testing::WaitUntil;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct TestJob {
  int id = 0;
  const int* of_model = nullptr;
  bool dead = false;

  const void* model() const { return of_model; }
  bool IsDead() const { return dead; }
};

using TestQueue = BatchQueue<TestJob>;

absl::Status Push(TestQueue& queue, std::vector<TestJob> jobs) {
  std::vector<TestJob> dead;
  return queue.TryPush(jobs, dead);
}

absl::Status Push(TestQueue& queue, std::initializer_list<int> ids) {
  std::vector<TestJob> jobs;
  for (const int id : ids) jobs.push_back({.id = id});
  return Push(queue, std::move(jobs));
}

std::vector<int> Ids(const std::vector<TestJob>& jobs) {
  std::vector<int> ids;
  for (const TestJob& job : jobs) ids.push_back(job.id);
  return ids;
}

std::vector<int> Pop(TestQueue& queue, int max_batch_size) {
  std::vector<TestJob> batch;
  queue.Pop([=](const TestJob&) { return max_batch_size; }, batch);
  return Ids(batch);
}

TEST(BatchQueue, GivesALoneExecutorWhatWaitsUpToTheBatchSize) {
  TestQueue queue(10, 1);
  ASSERT_TRUE(Push(queue, {1, 2, 3, 4, 5}).ok());
  EXPECT_THAT(Pop(queue, 3), ElementsAre(1, 2, 3));
  EXPECT_THAT(Pop(queue, 3), ElementsAre(4, 5));
}

TEST(BatchQueue, KeepsAModelsJobsTogetherAndInOrder) {
  const int a = 0;
  const int b = 0;
  TestQueue queue(10, 1);
  ASSERT_TRUE(Push(queue, {{1, &a}, {2, &b}, {3, &a}, {4, &b}, {5, &a}}).ok());
  EXPECT_THAT(Pop(queue, 8), ElementsAre(1, 3, 5));
  EXPECT_THAT(Pop(queue, 8), ElementsAre(2, 4));
}

TEST(BatchQueue, AsksForTheBatchSizeOfTheHeadsModel) {
  const int small = 0;
  const int large = 0;
  TestQueue queue(10, 1);
  ASSERT_TRUE(Push(queue, {{1, &small}, {2, &small}, {3, &large}, {4, &large}}).ok());
  const auto max_batch_size = [&](const TestJob& head) { return head.of_model == &small ? 1 : 4; };
  std::vector<TestJob> batch;
  queue.Pop(max_batch_size, batch);
  EXPECT_THAT(Ids(batch), ElementsAre(1));
  queue.Pop(max_batch_size, batch);
  EXPECT_THAT(Ids(batch), ElementsAre(2));
  queue.Pop(max_batch_size, batch);
  EXPECT_THAT(Ids(batch), ElementsAre(3, 4));
}

TEST(BatchQueue, SharesWhatWaitsAmongIdleExecutors) {
  TestQueue queue(10, 2);
  std::vector<int> first;
  std::vector<int> second;
  std::thread one([&] { first = Pop(queue, 8); });
  std::thread two([&] { second = Pop(queue, 8); });
  WaitUntil([&] { return queue.idle_executors() == 2; });
  ASSERT_TRUE(Push(queue, {1, 2, 3}).ok());
  one.join();
  two.join();
  if (first.front() != 1) first.swap(second);
  EXPECT_THAT(first, ElementsAre(1, 2));
  EXPECT_THAT(second, ElementsAre(3));
}

TEST(BatchQueue, RejectsWhenFull) {
  TestQueue queue(3, 1);
  ASSERT_TRUE(Push(queue, {1, 2}).ok());
  const absl::Status status = Push(queue, {3, 4});
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("2 images wait, its capacity is 3, and the request has 2"));
  EXPECT_EQ(queue.depth(), 2);
  EXPECT_TRUE(Push(queue, {3}).ok());
}

TEST(BatchQueue, MakesRoomByGivingUpDeadJobs) {
  TestQueue queue(3, 1);
  ASSERT_TRUE(Push(queue, {{.id = 1, .dead = true}, {.id = 2}, {.id = 3, .dead = true}}).ok());
  EXPECT_EQ(queue.CountDead(), 2);
  std::vector<TestJob> jobs = {{.id = 4}, {.id = 5}};
  std::vector<TestJob> dead;
  ASSERT_TRUE(queue.TryPush(jobs, dead).ok());
  EXPECT_THAT(Ids(dead), ElementsAre(1, 3));
  EXPECT_THAT(Pop(queue, 8), ElementsAre(2, 4, 5));
}

TEST(BatchQueue, GivesUpDeadJobsEvenIfThatIsNotEnough) {
  TestQueue queue(2, 1);
  ASSERT_TRUE(Push(queue, {{.id = 1, .dead = true}, {.id = 2}}).ok());
  std::vector<TestJob> jobs = {{.id = 3}, {.id = 4}};
  std::vector<TestJob> dead;
  EXPECT_EQ(queue.TryPush(jobs, dead).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(Ids(dead), ElementsAre(1));
  EXPECT_EQ(queue.depth(), 1);
}

TEST(BatchQueue, LeavesDeadJobsAloneWhileThereIsRoom) {
  TestQueue queue(3, 1);
  ASSERT_TRUE(Push(queue, {{.id = 1, .dead = true}}).ok());
  std::vector<TestJob> jobs = {{.id = 2}};
  std::vector<TestJob> dead;
  ASSERT_TRUE(queue.TryPush(jobs, dead).ok());
  EXPECT_THAT(dead, IsEmpty());
}

TEST(BatchQueue, HandsOutWhatItHoldsAfterClosingAndThenEnds) {
  TestQueue queue(3, 1);
  ASSERT_TRUE(Push(queue, {1, 2}).ok());
  queue.Close();
  EXPECT_EQ(Push(queue, {3}).code(), absl::StatusCode::kUnavailable);
  const auto one = [](const TestJob&) { return 1; };
  std::vector<TestJob> batch;
  EXPECT_TRUE(queue.Pop(one, batch));
  EXPECT_TRUE(queue.Pop(one, batch));
  EXPECT_FALSE(queue.Pop(one, batch));
  EXPECT_THAT(batch, IsEmpty());
  EXPECT_FALSE(queue.Pop(one, batch));
}

TEST(BatchQueue, InterruptsEachExecutorOnceBeforeItTakesAJob) {
  TestQueue queue(3, 2);
  const auto all = [](const TestJob&) { return 8; };
  std::vector<TestJob> batch;
  int interrupts = 0;
  int interrupts_of_another = 0;
  queue.Interrupt();
  ASSERT_TRUE(Push(queue, {1, 2}).ok());
  EXPECT_TRUE(queue.Pop(all, batch, interrupts));
  EXPECT_THAT(batch, IsEmpty());
  EXPECT_TRUE(queue.Pop(all, batch, interrupts));
  EXPECT_THAT(Ids(batch), ElementsAre(1, 2));
  EXPECT_TRUE(queue.Pop(all, batch, interrupts_of_another));
  EXPECT_THAT(batch, IsEmpty());
  EXPECT_EQ(queue.idle_executors(), 0);
}

TEST(BatchQueue, InterruptsWaitingExecutors) {
  TestQueue queue(3, 1);
  std::thread executor([&] {
    std::vector<TestJob> batch;
    int interrupts = 0;
    EXPECT_TRUE(queue.Pop([](const TestJob&) { return 1; }, batch, interrupts));
    EXPECT_THAT(batch, IsEmpty());
  });
  queue.Interrupt();
  executor.join();
}

TEST(BatchQueue, WakesWaitingExecutorsWhenItCloses) {
  TestQueue queue(3, 2);
  std::thread one([&] { EXPECT_THAT(Pop(queue, 1), IsEmpty()); });
  std::thread two([&] { EXPECT_THAT(Pop(queue, 1), IsEmpty()); });
  WaitUntil([&] { return queue.idle_executors() == 2; });
  queue.Close();
  one.join();
  two.join();
}

TEST(BatchQueue, WidensOnlyWhileNothingWaitsAndTheOthersAreIdle) {
  TestQueue queue(3, 2);
  EXPECT_FALSE(queue.TryWiden()) << "the other executor is busy";
  std::thread other([&] { Pop(queue, 1); });
  WaitUntil([&] { return queue.idle_executors() == 1; });
  EXPECT_TRUE(queue.TryWiden());
  EXPECT_FALSE(queue.TryWiden()) << "granted already";
  queue.Narrow();
  ASSERT_TRUE(Push(queue, {1, 2}).ok());
  EXPECT_FALSE(queue.TryWiden()) << "a job waits";
  other.join();
}

TEST(BatchQueue, HoldsTheOthersBackWhileWidened) {
  TestQueue queue(3, 2);
  std::atomic<bool> popped = false;
  std::thread other([&] {
    EXPECT_THAT(Pop(queue, 1), ElementsAre(1));
    popped = true;
  });
  WaitUntil([&] { return queue.idle_executors() == 1; });
  ASSERT_TRUE(queue.TryWiden());
  ASSERT_TRUE(Push(queue, {1}).ok());
  queue.Close();  // wakes it, which must not let it go either
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(popped);
  EXPECT_EQ(queue.depth(), 1);
  queue.Narrow();
  other.join();
}

TEST(BatchQueue, WidensALoneExecutorAtOnce) {
  TestQueue queue(3, 1);
  EXPECT_TRUE(queue.TryWiden());
}

TEST(BatchQueue, LosesAndDoublesNothingUnderLoad) {
  constexpr int kJobs = 3000;
  TestQueue queue(16, 3);
  std::vector<std::vector<int>> taken(3);
  std::vector<std::thread> executors;
  for (std::vector<int>& mine : taken) {
    executors.emplace_back([&queue, &mine] {
      std::vector<TestJob> batch;
      while (queue.Pop([](const TestJob&) { return 4; }, batch)) {
        for (const TestJob& job : batch) mine.push_back(job.id);
        if (batch.size() == 1 && queue.TryWiden()) queue.Narrow();
      }
    });
  }
  std::vector<std::thread> producers;
  for (int producer = 0; producer < 3; ++producer) {
    producers.emplace_back([&queue, producer] {
      for (int id = producer; id < kJobs; id += 3) {
        while (!Push(queue, {id}).ok()) std::this_thread::yield();
      }
    });
  }
  for (std::thread& producer : producers) producer.join();
  queue.Close();
  for (std::thread& executor : executors) executor.join();
  std::vector<int> all;
  for (const std::vector<int>& mine : taken) all.insert(all.end(), mine.begin(), mine.end());
  std::ranges::sort(all);
  std::vector<int> expected(kJobs);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(all, expected);
}

}  // namespace
}  // namespace avocet
