// How requests share executors, and what becomes of those that nobody waits for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "tests/server/test_server.h"

namespace avocet::testing {
namespace {

using std::chrono::hours;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using NetworkRun = FakeNetwork::Run;

// Far enough away that it never passes on the real clock; the fake one decides.
std::chrono::system_clock::time_point InAnHour() {
  return std::chrono::system_clock::now() + hours(1);
}

constexpr char kExpired[] = "avocet_dropped_images_total{reason=\"expired\"}";
constexpr char kCancelled[] = "avocet_dropped_images_total{reason=\"cancelled\"}";
constexpr char kDecoded[] = "avocet_stage_duration_seconds_count{model=\"fake\",stage=\"decode\"}";

TEST(Batching, FormsBatchesWhileExecutorsAreBusy) {
  TestServer server;
  server.network.Hold();
  PendingReply first = server.Send({Picture(0)});
  server.network.WaitUntilHeld(1);
  std::vector<PendingReply> waiting;
  for (int i = 0; i < 8; ++i) {
    waiting.push_back(server.Send({Picture(i)}));
    server.WaitForDepth(i + 1);
  }
  server.network.Release();
  EXPECT_TRUE(first.Get().status.ok());
  for (int i = 0; i < 8; ++i) {
    const Reply reply = waiting[static_cast<size_t>(i)].Get();
    EXPECT_EQ(reply.Label(), i);
    EXPECT_EQ(reply.response.results(0).timings().batch_size(), 8);
  }
  EXPECT_THAT(server.network.runs(), ElementsAre(NetworkRun{1, 1}, NetworkRun{8, 1}));
}

TEST(Batching, StaysBelowTheLargestBatch) {
  TestServer server({.plans = {.max_batch_size = 4}});
  server.network.Hold();
  PendingReply first = server.Send({Picture(0)});
  server.network.WaitUntilHeld(1);
  PendingReply many = server.Send(std::vector<std::string>(6, Picture(1)));
  server.WaitForDepth(6);
  server.network.Release();
  EXPECT_TRUE(first.Get().status.ok());
  EXPECT_TRUE(many.Get().status.ok());
  EXPECT_THAT(server.network.runs(),
              ElementsAre(NetworkRun{1, 1}, NetworkRun{4, 1}, NetworkRun{2, 1}));
}

TEST(Batching, RunsImagesOneByOneWhereBatchesSaveNothing) {
  TestServer server({.start_executors = false});
  server.network.SetCost([](int batch_size) { return std::chrono::milliseconds(batch_size); });
  server.StartExecutors();
  const Reply reply = server.Classify({Picture(0), Picture(1), Picture(2)});
  EXPECT_EQ(reply.Label(2), 2);
  EXPECT_THAT(server.network.runs(),
              ElementsAre(NetworkRun{1, 1}, NetworkRun{1, 1}, NetworkRun{1, 1}));
}

TEST(Batching, SharesARequestWithIdleNeighbours) {
  TestServer server({.executors = 2});
  server.network.Hold();
  PendingReply reply = server.Send(std::vector<std::string>(4, Picture(5)));
  server.network.WaitUntilHeld(2);
  server.network.Release();
  EXPECT_EQ(reply.Get().Label(3), 5);
  EXPECT_THAT(server.network.runs(), ElementsAre(NetworkRun{2, 1}, NetworkRun{2, 1}));
}

TEST(Batching, DoesNotMixModels) {
  TestServer server({.models = {{"a", 1}, {"b", 1}}});
  server.network.Hold();
  const auto send = [&](const std::string& model, int label) {
    v1::ClassifyRequest request = TestServer::Request({Picture(label)});
    request.set_model(model);
    return server.Send(request);
  };
  PendingReply first = send("a", 0);
  server.network.WaitUntilHeld(1);
  std::vector<PendingReply> waiting;
  for (int i = 0; i < 4; ++i) {
    waiting.push_back(send(i % 2 == 0 ? "a" : "b", i));
    server.WaitForDepth(i + 1);
  }
  server.network.Release();
  EXPECT_TRUE(first.Get().status.ok());
  for (int i = 0; i < 4; ++i) EXPECT_EQ(waiting[static_cast<size_t>(i)].Get().Label(), i);
  EXPECT_THAT(server.network.runs(),
              ElementsAre(NetworkRun{1, 1}, NetworkRun{2, 1}, NetworkRun{2, 1}));
}

TEST(Batching, GivesAllCoresToALoneImage) {
  TestServer server({.executors = 2, .wide_threads = 2});
  EXPECT_EQ(server.Classify({Picture(4)}).Label(), 4);
  EXPECT_THAT(server.network.runs(), ElementsAre(NetworkRun{1, 2}));
}

TEST(Batching, GivesOneCoreToEachOfTwoImages) {
  TestServer server({.executors = 2, .wide_threads = 2});
  server.network.Hold();
  PendingReply reply = server.Send({Picture(4), Picture(5)});
  server.network.WaitUntilHeld(1);
  server.network.Release();
  const Reply both = reply.Get();
  EXPECT_EQ(both.Label(0), 4);
  EXPECT_EQ(both.Label(1), 5);
  // The first to run cannot have had all cores: the other image waited or was being read.
  EXPECT_EQ(server.network.runs().front(), (NetworkRun{1, 1}));
}

TEST(Batching, GivesTheRowOfACorruptImageToTheNextOne) {
  TestServer server;
  const Reply reply = server.Classify({"corrupt", Picture(1), Picture(2), Picture(3)});
  EXPECT_EQ(reply.Label(1), 1);
  EXPECT_EQ(reply.Label(2), 2);
  EXPECT_EQ(reply.Label(3), 3);
  EXPECT_EQ(reply.response.results(1).timings().batch_size(), 3);
  EXPECT_THAT(server.network.runs(), ElementsAre(NetworkRun{4, 1}));
}

TEST(Overload, IsRefusedAtOnceAndTheRestIsAnswered) {
  TestServer server({.queue_capacity = 2, .limits = {.max_images = 2}});
  server.network.Hold();
  PendingReply running = server.Send({Picture(0)});
  server.network.WaitUntilHeld(1);
  PendingReply waiting = server.Send({Picture(1)});
  server.WaitForDepth(1);
  const Reply refused = server.Classify({Picture(2), Picture(3)});
  EXPECT_EQ(refused.status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(refused.status.error_message(),
              HasSubstr("1 images wait, its capacity is 2, and the request has 2"));
  server.network.Release();
  EXPECT_TRUE(running.Get().status.ok());
  EXPECT_TRUE(waiting.Get().status.ok());
  EXPECT_EQ(server.network.runs().size(), 2u) << "nothing of the refused request was run";
}

TEST(Overload, MakesRoomByGivingUpRequestsThatNobodyWaitsFor) {
  TestServer server({.queue_capacity = 2, .limits = {.max_images = 2}});
  server.network.Hold();
  PendingReply running = server.Send({Picture(0)});
  server.network.WaitUntilHeld(1);
  PendingReply late = server.Send(TestServer::Request({Picture(1)}), InAnHour());
  PendingReply waiting = server.Send({Picture(2)});
  server.WaitForDepth(2);
  server.fake_clock.Advance(hours(2));
  PendingReply taken = server.Send({Picture(3)});
  EXPECT_EQ(late.Get().status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  server.network.Release();
  EXPECT_TRUE(running.Get().status.ok());
  EXPECT_EQ(waiting.Get().Label(), 2);
  EXPECT_EQ(taken.Get().Label(), 3);
  EXPECT_EQ(server.Metric(kExpired), 1);
  EXPECT_EQ(server.Metric(kDecoded), 3);
}

TEST(Expired, RequestsAreNeitherDecodedNorRun) {
  TestServer server;
  server.network.Hold();
  PendingReply running = server.Send({Picture(0)});
  server.network.WaitUntilHeld(1);
  PendingReply late = server.Send(TestServer::Request({Picture(1), Picture(2)}), InAnHour());
  server.WaitForDepth(2);
  server.fake_clock.Advance(hours(2));
  server.network.Release();
  EXPECT_EQ(late.Get().status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_TRUE(running.Get().status.ok());
  EXPECT_EQ(server.Metric(kExpired), 2);
  EXPECT_EQ(server.Metric(kCancelled), 0);
  EXPECT_EQ(server.Metric(kDecoded), 1);
  EXPECT_THAT(server.network.runs(), ElementsAre(NetworkRun{1, 1}));
  EXPECT_EQ(server.Metric("avocet_images_total{code=\"DEADLINE_EXCEEDED\",model=\"fake\"}"), 2);
  EXPECT_EQ(server.Metric("avocet_requests_total{code=\"DEADLINE_EXCEEDED\",model=\"fake\"}"), 1);
}

TEST(Expired, RequestsAreDroppedBetweenDecodingAndTheNetworkToo) {
  TestServer server;
  server.network.Hold();
  PendingReply running = server.Send({Picture(0)});
  server.network.WaitUntilHeld(1);
  PendingReply late = server.Send(TestServer::Request({Picture(1)}), InAnHour());
  server.WaitForDepth(1);
  PendingReply patient = server.Send({Picture(2)});
  server.WaitForDepth(2);
  // The executor asks for a row, reads the image of `late`, and asks for the next row.
  std::atomic<int> asked = 0;
  server.network.SetOnInput([&] {
    if (++asked == 2) server.fake_clock.Advance(hours(2));
  });
  server.network.Release();
  EXPECT_EQ(late.Get().status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(patient.Get().Label(), 2);
  EXPECT_TRUE(running.Get().status.ok());
  EXPECT_EQ(server.Metric(kExpired), 1);
  EXPECT_EQ(server.Metric(kDecoded), 3);
  EXPECT_THAT(server.network.runs(), ElementsAre(NetworkRun{1, 1}, NetworkRun{2, 1}));
}

TEST(Expired, ImagesThatAllExpireAfterDecodingAreNotRun) {
  TestServer server;
  server.network.Hold();
  PendingReply running = server.Send({Picture(0)});
  server.network.WaitUntilHeld(1);
  PendingReply late = server.Send(TestServer::Request({Picture(1), Picture(2)}), InAnHour());
  server.WaitForDepth(2);
  std::atomic<int> asked = 0;
  server.network.SetOnInput([&] {
    if (++asked == 2) server.fake_clock.Advance(hours(2));
  });
  server.network.Release();
  EXPECT_EQ(late.Get().status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_TRUE(running.Get().status.ok());
  EXPECT_EQ(server.Metric(kExpired), 2);
  EXPECT_EQ(server.Metric(kDecoded), 2) << "the first of the two was decoded, the second was not";
  EXPECT_THAT(server.network.runs(), ElementsAre(NetworkRun{1, 1}));
}

TEST(Cancelled, RequestsAreNeitherDecodedNorRun) {
  TestServer server;
  server.network.Hold();
  PendingReply running = server.Send({Picture(0)});
  server.network.WaitUntilHeld(1);
  PendingReply left = server.Send({Picture(1), Picture(2)});
  server.WaitForDepth(2);
  left.Cancel();
  WaitUntil([&] { return server.queue->CountDead() == 2; });
  server.network.Release();
  EXPECT_EQ(left.Get().status.error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(running.Get().status.ok());
  WaitUntil([&] { return server.Metric("avocet_requests_in_flight") == 0; });
  EXPECT_EQ(server.Metric(kCancelled), 2);
  EXPECT_EQ(server.Metric(kExpired), 0);
  EXPECT_EQ(server.Metric(kDecoded), 1);
  EXPECT_THAT(server.network.runs(), ElementsAre(NetworkRun{1, 1}));
}

TEST(Load, OfManyCallersIsAnsweredCorrectlyAndCountedExactly) {
  TestServer server({.executors = 3, .wide_threads = 2});
  constexpr int kCallers = 8;
  constexpr int kRequests = 40;
  std::atomic<int> images = 0;
  std::vector<std::thread> callers;
  for (int caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([&, caller] {
      for (int i = 0; i < kRequests; ++i) {
        std::vector<std::string> pictures;
        for (int k = 0; k <= (caller + i) % 4; ++k) pictures.push_back(Picture((caller + k) % 10));
        images += static_cast<int>(pictures.size());
        const Reply reply = server.Classify(pictures);
        ASSERT_TRUE(reply.status.ok()) << reply.status.error_message();
        for (int k = 0; k < reply.response.results_size(); ++k) {
          ASSERT_EQ(reply.Label(k), (caller + k) % 10);
        }
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(server.Metric("avocet_requests_total{code=\"OK\",model=\"fake\"}"),
            kCallers * kRequests);
  EXPECT_EQ(server.Metric("avocet_images_total{code=\"OK\",model=\"fake\"}"), images);
  EXPECT_EQ(server.Metric("avocet_batch_size_sum{model=\"fake\"}"), images);
  EXPECT_EQ(server.Metric("avocet_requests_in_flight"), 0);
  EXPECT_EQ(server.Metric("avocet_queue_depth"), 0);
}

}  // namespace
}  // namespace avocet::testing
