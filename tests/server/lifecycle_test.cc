// Start, health, reflection, ports and the orderly end.
#include <gmock/gmock.h>
#include <grpcpp/channel.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include "server/drain.h"
#include "server/metrics_endpoint.h"
#include "tests/server/generic_client.h"
#include "tests/server/test_server.h"

namespace avocet::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::future<absl::Status> StartDrain(TestServer& server, DrainOptions options = {}) {
  return std::async(std::launch::async, [&server, options] {
    return Drain(options, *server.server, *server.queue, server.calls);
  });
}

TEST(Health, SaysNotServingUntilTheExecutorsAreReady) {
  TestServer server({.models = {{"a", 1}, {"b", 1}}, .start_executors = false});
  const auto channel = server.NewChannel();
  const std::vector<std::string> services = {"", "avocet.v1.Classifier", "a", "b"};
  for (const std::string& service : services) {
    EXPECT_EQ(CheckHealth(channel, service), ServingStatus::kNotServing) << service;
  }
  server.StartExecutors();
  for (const std::string& service : services) {
    EXPECT_EQ(CheckHealth(channel, service), ServingStatus::kServing) << service;
  }
  EXPECT_EQ(CheckHealth(channel, "c"), std::nullopt);
}

TEST(Health, TellsWatchersOfEveryChange) {
  TestServer server({.start_executors = false});
  HealthWatch watch(server.NewChannel(), "fake");
  HealthWatch unknown(server.NewChannel(), "other");
  EXPECT_EQ(unknown.Next(), ServingStatus::kServiceUnknown);
  EXPECT_EQ(watch.Next(), ServingStatus::kNotServing);
  server.StartExecutors();
  EXPECT_EQ(watch.Next(), ServingStatus::kServing);
  server.server->SetServing(false);  // as a drain does first
  EXPECT_EQ(watch.Next(), ServingStatus::kNotServing);
  EXPECT_TRUE(StartDrain(server).get().ok()) << "an open watch does not hold the server";
  while (const std::optional<ServingStatus> status = watch.Next()) {
    EXPECT_EQ(status, ServingStatus::kNotServing) << "until the server ends the watch";
  }
}

TEST(Start, AnswersWhatCameBeforeTheExecutorsWereReady) {
  TestServer server({.start_executors = false});
  PendingReply early = server.Send({Picture(6)});
  server.WaitForDepth(1);
  server.StartExecutors();
  EXPECT_EQ(early.Get().Label(), 6);
}

TEST(Start, FailsWhenAPlanCannotBeCompiledAndTellsThoseWhoWait) {
  TestServer server({.start_executors = false});
  ServedModel broken = *server.network.Model("fake");
  broken.make_plan = [](int, int) -> absl::StatusOr<std::unique_ptr<Plan>> {
    return absl::InternalError("cannot compile");
  };
  const auto table =
      ModelTable::Create({std::make_shared<const ServedModel>(broken)}, "", server.metrics);
  server.registry->Replace(*table);
  PendingReply early = server.Send({Picture(6)});
  server.WaitForDepth(1);
  const Executor::Environment environment = {.queue = *server.queue,
                                             .registry = *server.registry,
                                             .shelf = server.shelf,
                                             .metrics = server.metrics,
                                             .clock = server.clock};
  EXPECT_EQ(ExecutorPool::Start(environment, {}, server.tuner).status().message(),
            "cannot compile");
  EXPECT_EQ(early.Get().status.error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST(Reflection, ListsTheServiceUnlessSwitchedOff) {
  TestServer with;
  EXPECT_THAT(ListServices(with.NewChannel()),
              AllOf(HasSubstr("avocet.v1.Classifier"), HasSubstr("grpc.health.v1.Health")));
  TestServer without({.grpc = {.address = "127.0.0.1", .port = 0, .reflection = false}});
  EXPECT_EQ(ListServices(without.NewChannel()), "");
  EXPECT_TRUE(without.Classify({Picture(0)}).status.ok());
}

TEST(Reflection, DescribesTheServicesItLists) {
  TestServer server;
  EXPECT_THAT(DescribeSymbol(server.NewChannel(), "avocet.v1.Classifier"),
              HasSubstr("ClassifyRequest"));
  EXPECT_THAT(DescribeSymbol(server.NewChannel(), "grpc.health.v1.Health"),
              HasSubstr("HealthCheckRequest"));
}

TEST(Drain, AnswersWhatWasAcceptedAndRefusesWhatIsNew) {
  TestServer server;
  server.network.Hold();
  std::vector<PendingReply> accepted;
  accepted.push_back(server.Send({Picture(0)}));
  server.network.WaitUntilHeld(1);
  for (int i = 1; i < 5; ++i) accepted.push_back(server.Send({Picture(i), Picture(i)}));
  server.WaitForDepth(8);
  std::future<absl::Status> drained = StartDrain(server);
  WaitUntil([&] {  // until the queue is closed
    std::vector<ImageJob> none;
    return !server.queue->TryPush(none, none).ok();
  });
  EXPECT_EQ(server.Classify({Picture(0)}).status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(CheckHealth(server.NewChannel(), ""), ServingStatus::kNotServing);
  server.network.Release();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(accepted[static_cast<size_t>(i)].Get().Label(), i);
  EXPECT_TRUE(drained.get().ok());
}

TEST(Drain, ServesOnDuringTheDelayWithHealthNotServing) {
  TestServer server;
  DrainOptions options;
  options.delay = std::chrono::milliseconds(7);
  bool delayed = false;
  options.sleep = [&](std::chrono::milliseconds delay) {
    EXPECT_EQ(delay, options.delay);
    EXPECT_EQ(CheckHealth(server.NewChannel(), "fake"), ServingStatus::kNotServing);
    EXPECT_EQ(server.Classify({Picture(3)}).Label(), 3);
    delayed = true;
  };
  EXPECT_TRUE(StartDrain(server, options).get().ok());
  EXPECT_TRUE(delayed);
}

TEST(Drain, GivesUpAfterTheTimeoutAndSaysHowMuchWasLeft) {
  TestServer server;
  server.network.Hold();
  PendingReply running = server.Send({Picture(0)});
  server.network.WaitUntilHeld(1);
  PendingReply waiting = server.Send({Picture(1)});
  server.WaitForDepth(1);
  DrainOptions options;
  options.timeout = std::chrono::milliseconds(10);
  std::future<absl::Status> drained = StartDrain(server, options);
  EXPECT_FALSE(waiting.Get().status.ok());
  EXPECT_FALSE(running.Get().status.ok());
  server.network.Release();
  const absl::Status status = drained.get();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(status.message()), HasSubstr("2 requests"));
  EXPECT_EQ(server.network.runs().size(), 1u) << "what waited was not run";
}

TEST(Port, InUseIsAClearError) {
  TestServer first;
  Metrics metrics;
  const GrpcServerOptions options = {.address = "127.0.0.1", .port = first.server->port()};
  const auto second = GrpcServer::Start(options, *first.service, {});
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(second.status().message()),
              AllOf(HasSubstr("127.0.0.1:" + std::to_string(options.port)),
                    HasSubstr("Address already in use")));
  const auto endpoint = MetricsEndpoint::Start("127.0.0.1", options.port, metrics);
  EXPECT_THAT(std::string(endpoint.status().message()),
              AllOf(HasSubstr("metrics"), HasSubstr("Address already in use")));
}

TEST(Port, ThatCannotBeHadIsAClearError) {
  TestServer first;
  const auto server = GrpcServer::Start({.address = "no.such.host.invalid"}, *first.service, {});
  EXPECT_THAT(std::string(server.status().message()),
              AllOf(HasSubstr("no.such.host.invalid:50051"), Not(HasSubstr("unknown reason"))));
}

}  // namespace
}  // namespace avocet::testing
