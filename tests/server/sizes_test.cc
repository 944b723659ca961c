// Requests for images of other sizes than the model's own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/sized_models.h"
#include "tests/server/test_server.h"

namespace avocet::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

using NetworkRun = FakeNetwork::Run;

v1::ClassifyRequest AtSize(int size, int images = 1) {
  v1::ClassifyRequest request =
      TestServer::Request(std::vector<std::string>(static_cast<size_t>(images), Picture(6)));
  request.set_size(size);
  return request;
}

TEST(Sizes, AreCompiledOnDemandAndKept) {
  TestServer server;
  EXPECT_EQ(server.Classify(AtSize(40)).Label(), 6);
  EXPECT_THAT(server.network.runs(), ElementsAre(NetworkRun{1, 1, 40}, NetworkRun{1, 1, 40}))
      << "a warm-up and the image";
  const int compilations = server.network.compilations();
  server.network.ForgetRuns();
  const Reply reply = server.Classify(AtSize(40, 2));
  EXPECT_EQ(reply.Label(1), 6);
  EXPECT_EQ(reply.response.model(), "fake");
  EXPECT_THAT(server.network.runs(), ElementsAre(NetworkRun{1, 1, 40}, NetworkRun{1, 1, 40}));
  EXPECT_EQ(server.network.compilations(), compilations);
}

TEST(Sizes, OfTheModelItselfAreThereAlready) {
  const auto model = TestServer().network.Model("fake");
  EXPECT_EQ(*SizedModels(64).Find(model, 0), model);
}

TEST(Sizes, DoNotMixInABatch) {
  TestServer server;
  server.network.Hold();
  PendingReply running = server.Send({Picture(0)});
  server.network.WaitUntilHeld(1);
  std::vector<PendingReply> waiting;
  for (const int size : {0, 40, 0, 48}) {
    waiting.push_back(server.Send(AtSize(size)));
    server.WaitForDepth(static_cast<int>(waiting.size()));
  }
  server.network.Release();
  EXPECT_TRUE(running.Get().status.ok());
  for (PendingReply& reply : waiting) EXPECT_EQ(reply.Get().Label(), 6);
  EXPECT_THAT(
      server.network.runs(),
      UnorderedElementsAre(NetworkRun{1, 1}, NetworkRun{2, 1}, NetworkRun{1, 1, 40},
                           NetworkRun{1, 1, 40}, NetworkRun{1, 1, 48}, NetworkRun{1, 1, 48}));
}

TEST(Sizes, AreKeptUpToABound) {
  TestServer server({.size_variants = 2});
  const int own = server.network.compiled_plans();
  for (const int size : {40, 41, 42, 43, 44, 45}) {
    EXPECT_EQ(server.Classify(AtSize(size)).Label(), 6);
    EXPECT_LE(server.network.compiled_plans(), own + 2);
  }
  const int compilations = server.network.compilations();
  EXPECT_EQ(server.Classify(AtSize(44)).Label(), 6);
  EXPECT_EQ(server.Classify(AtSize(45)).Label(), 6);
  EXPECT_EQ(server.network.compilations(), compilations) << "the latest two are there";
  EXPECT_EQ(server.Classify(AtSize(44)).Label(), 6);
  EXPECT_EQ(server.Classify(AtSize(46)).Label(), 6);
  EXPECT_EQ(server.Classify(AtSize(44)).Label(), 6);
  EXPECT_EQ(server.network.compilations(), compilations + 1)
      << "what was used least lately made room";
  EXPECT_EQ(server.Classify(AtSize(0)).Label(), 6);
  EXPECT_EQ(server.network.compilations(), compilations + 1) << "the model's own plans never do";
}

TEST(Sizes, GoWithTheirModel) {
  TestServer server;
  EXPECT_EQ(server.Classify(AtSize(40)).Label(), 6);
  const auto newer = server.network.Model("fake", 2);
  const auto table = ModelTable::Create({newer}, "", server.metrics);
  server.registry->Replace(*table);
  EXPECT_EQ(server.Classify({Picture(6)}).Label(), 6);
  // A call keeps its model until gRPC is done with it, which may be after its answer.
  WaitUntil([&] {
    server.queue->Interrupt();
    return server.network.compiled_plans() == 1;  // of the newer model
  });
}

TEST(Sizes, OutsideTheLimitsAreRefused) {
  TestServer server({.limits = {.max_size = 60}});
  for (const int size : {-1, 1, 31, 61, 1 << 30}) {
    const Reply reply = server.Classify(AtSize(size));
    EXPECT_EQ(reply.status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << size;
    EXPECT_THAT(reply.status.error_message(),
                HasSubstr("size: expected 32 to 60 pixels, or 0 for the model's own, found " +
                          std::to_string(size)));
  }
  EXPECT_EQ(server.Classify(AtSize(60)).Label(), 6);
  EXPECT_EQ(server.Metric("avocet_requests_total{code=\"INVALID_ARGUMENT\",model=\"fake\"}"), 5);
}

TEST(Sizes, CanBeSwitchedOff) {
  TestServer server({.limits = {.max_size = 0}});
  const Reply reply = server.Classify(AtSize(40));
  EXPECT_EQ(reply.status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(reply.status.error_message(), HasSubstr("takes no size but the model's own"));
}

TEST(Sizes, ThatTheNetworkCannotTakeAreRefused) {
  TestServer server;
  const Reply reply = server.Classify(AtSize(FakeNetwork::kLargestSide + 1));
  EXPECT_EQ(reply.status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(reply.status.error_message(), HasSubstr("cannot take images of 65 x 65"));
}

}  // namespace
}  // namespace avocet::testing
