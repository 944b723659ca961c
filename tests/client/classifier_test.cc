#include "client/classifier.h"

#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include "client/retrying_call.h"
#include "tests/client/fake_clock.h"
#include "tests/client/fake_server.h"

namespace avocet {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

std::unique_ptr<Classifier> MakeClient(const FakeServer& server, ClassifierOptions options = {}) {
  options.target = server.address();
  options.retry.jitter = 0;
  absl::StatusOr<std::unique_ptr<Classifier>> client = Classifier::Create(std::move(options));
  EXPECT_TRUE(client.ok()) << client.status();
  return *std::move(client);
}

// Fails the first `failures` calls with `code`.
FakeServer::Handler FailFirst(int failures, grpc::StatusCode code) {
  auto left = std::make_shared<std::atomic<int>>(failures);
  return [left, code](grpc::ServerContext& context, const v1::ClassifyRequest& request,
                      v1::ClassifyResponse& response) {
    if ((*left)-- > 0) return grpc::Status(code, "not now");
    return FakeServer::Answer(context, request, response);
  };
}

grpc::Status HangUntilCancelled(grpc::ServerContext& context, const v1::ClassifyRequest&,
                                v1::ClassifyResponse&) {
  while (!context.IsCancelled()) std::this_thread::sleep_for(milliseconds(1));
  return grpc::Status::CANCELLED;
}

TEST(Classifier, ReturnsAnOutcomeAnImageInTheirOrder) {
  const FakeServer server;
  const Classifier::Outcomes outcomes = MakeClient(server)->Classify({"cat", "bad", "dog"}, {});
  ASSERT_TRUE(outcomes.ok()) << outcomes.status();
  ASSERT_EQ(outcomes->size(), 3u);
  EXPECT_EQ((*outcomes)[0].classes[0].label, "cat");
  EXPECT_FLOAT_EQ((*outcomes)[0].classes[0].probability, 0.9f);
  EXPECT_EQ((*outcomes)[0].model, "fake");
  EXPECT_EQ((*outcomes)[0].version, 3);
  EXPECT_EQ((*outcomes)[0].timings.decode, std::chrono::microseconds(2500));
  EXPECT_EQ((*outcomes)[0].timings.batch_size, 4);
  EXPECT_EQ((*outcomes)[1].status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ((*outcomes)[1].status.message(), "expected an image, found \"bad\"");
  EXPECT_EQ((*outcomes)[2].classes[0].label, "dog");
}

TEST(Classifier, SendsModelVersionTopKAndSize) {
  const FakeServer server;
  const auto outcomes = MakeClient(server)->Classify(
      {"cat"}, {.model = "lite1", .version = 7, .top_k = 4, .size = 96});
  ASSERT_TRUE(outcomes.ok()) << outcomes.status();
  EXPECT_EQ(server.last_request().model(), "lite1");
  EXPECT_EQ(server.last_request().version(), 7);
  EXPECT_EQ(server.last_request().size(), 96);
  EXPECT_EQ(outcomes->front().classes.size(), 4u);
}

TEST(Classifier, RetriesUnavailableWithGrowingPauses) {
  const FakeServer server(FailFirst(3, grpc::StatusCode::UNAVAILABLE));
  const auto clock = std::make_shared<FakeClock>();
  const auto outcomes = MakeClient(server, {.clock = clock})->Classify({"cat"});
  ASSERT_TRUE(outcomes.ok()) << outcomes.status();
  EXPECT_EQ(outcomes->front().classes[0].label, "cat");
  EXPECT_EQ(server.calls(), 4);
  EXPECT_THAT(clock->pauses(),
              ElementsAre(milliseconds(100), milliseconds(200), milliseconds(400)));
}

TEST(Classifier, GivesUpAfterTheLastAttempt) {
  const FakeServer server(FailFirst(100, grpc::StatusCode::UNAVAILABLE));
  const auto clock = std::make_shared<FakeClock>();
  const auto outcomes =
      MakeClient(server, {.retry = {.max_attempts = 3}, .clock = clock})->Classify({"cat"});
  EXPECT_EQ(outcomes.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(outcomes.status().message(), "not now (after 3 attempts)");
  EXPECT_EQ(server.calls(), 3);
  EXPECT_EQ(clock->pauses().size(), 2u);
}

TEST(Classifier, DoesNotRetryInvalidArgument) {
  const FakeServer server(FailFirst(1, grpc::StatusCode::INVALID_ARGUMENT));
  const auto outcomes =
      MakeClient(server, {.clock = std::make_shared<FakeClock>()})->Classify({"cat"});
  EXPECT_EQ(outcomes.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(outcomes.status().message(), "not now");
  EXPECT_EQ(server.calls(), 1);
}

TEST(Classifier, RetriesOverloadOnlyWhenAsked) {
  for (const bool asked : {false, true}) {
    const FakeServer server(FailFirst(1, grpc::StatusCode::RESOURCE_EXHAUSTED));
    const auto outcomes = MakeClient(server, {.retry = {.on_overload = asked},
                                              .clock = std::make_shared<FakeClock>()})
                              ->Classify({"cat"});
    EXPECT_EQ(outcomes.ok(), asked);
    EXPECT_EQ(server.calls(), asked ? 2 : 1);
  }
}

TEST(Classifier, StartsNoAttemptThatTheDeadlineForbids) {
  const FakeServer server(FailFirst(100, grpc::StatusCode::UNAVAILABLE));
  // Pauses of 100 and 200 ms end before 350 ms, one more of 400 ms would not.
  const auto clock = std::make_shared<FakeClock>();
  const auto outcomes =
      MakeClient(server, {.deadline = milliseconds(350), .clock = clock})->Classify({"cat"});
  EXPECT_EQ(outcomes.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(clock->pauses(), ElementsAre(milliseconds(100), milliseconds(200)));
  EXPECT_EQ(server.calls(), 3);
}

TEST(Classifier, LeavesLaterAttemptsOnlyTheRestOfTheDeadline) {
  std::mutex mutex;
  std::vector<std::chrono::system_clock::time_point> deadlines;
  const FakeServer server([&](grpc::ServerContext& context, const auto&, auto&) {
    std::lock_guard lock(mutex);
    deadlines.push_back(context.deadline());
    return grpc::Status(grpc::StatusCode::UNAVAILABLE, "not now");
  });
  // A pause of an hour passes at once on the fake clock, so the second attempt's deadline is about
  // an hour before the first's.
  using std::chrono::hours;
  const auto outcomes =
      MakeClient(
          server,
          {.deadline = hours(3),
           .retry = {.max_attempts = 2, .initial_backoff = hours(1), .max_backoff = hours(1)},
           .clock = std::make_shared<FakeClock>()})
          ->Classify({"cat"});
  ASSERT_EQ(deadlines.size(), 2u);
  EXPECT_GT(deadlines[0] - deadlines[1], std::chrono::minutes(30));
}

TEST(Classifier, EndsACallThatHangsAtItsDeadline) {
  const FakeServer server(HangUntilCancelled);
  const auto outcomes = MakeClient(server, {.deadline = milliseconds(50)})->Classify({"cat"});
  EXPECT_EQ(outcomes.status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST(Classifier, ReportsAServerThatIsDownAsUnavailable) {
  auto client = Classifier::Create({.target = "localhost:1",  // nothing listens on port 1
                                    .clock = std::make_shared<FakeClock>()});
  ASSERT_TRUE(client.ok()) << client.status();
  EXPECT_EQ((*client)->Classify({"cat"}).status().code(), absl::StatusCode::kUnavailable);
}

TEST(Classifier, DestructionCancelsCallsInFlight) {
  const FakeServer server(HangUntilCancelled);
  auto client = MakeClient(server);
  absl::Status end;
  client->ClassifyAsync({"cat"}, {}, [&end](const auto& outcomes) { end = outcomes.status(); });
  client.reset();
  EXPECT_EQ(end.code(), absl::StatusCode::kCancelled);
}

TEST(Classifier, DestructionEndsACallThatWaitsToRetry) {
  class StoppedClock final : public Clock {
   public:
    TimePoint Now() override { return TimePoint(std::chrono::hours(1)); }
    void RunAfter(std::chrono::nanoseconds, std::function<void()> work) override {
      std::lock_guard lock(mutex);
      never_run = std::move(work);
      asked.notify_all();
    }
    std::mutex mutex;
    std::condition_variable asked;
    std::function<void()> never_run;
  };
  const FakeServer server(FailFirst(1, grpc::StatusCode::UNAVAILABLE));
  const auto clock = std::make_shared<StoppedClock>();
  auto client = MakeClient(server, {.clock = clock});
  absl::Status end;
  client->ClassifyAsync({"cat"}, {}, [&end](const auto& outcomes) { end = outcomes.status(); });
  {
    std::unique_lock lock(clock->mutex);
    clock->asked.wait(lock, [&clock] { return clock->never_run != nullptr; });
  }
  client.reset();
  EXPECT_EQ(end.code(), absl::StatusCode::kCancelled);
  clock->never_run();  // a timer that comes too late does nothing
  EXPECT_EQ(server.calls(), 1);
}

TEST(Classifier, RefusesARequestOverTheMessageLimitWithoutSendingIt) {
  const FakeServer server;
  const auto outcomes =
      MakeClient(server, {.max_message_bytes = 1000})->Classify({std::string(1001, 'x')});
  EXPECT_EQ(outcomes.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(outcomes.status().message()), HasSubstr("at most 1000 bytes"));
  EXPECT_EQ(server.calls(), 0);
}

TEST(Classifier, SendsRequestsOverGrpcsOwnLimit) {
  const FakeServer server([](auto&, const v1::ClassifyRequest& request, auto& response) {
    response.add_results()->mutable_classification();
    return request.images(0).size() == 5 << 20
               ? grpc::Status::OK
               : grpc::Status(grpc::StatusCode::INVALID_ARGUMENT, "size");
  });
  const auto outcomes = MakeClient(server)->Classify({std::string(5 << 20, 'x')});
  EXPECT_TRUE(outcomes.ok()) << outcomes.status();
}

TEST(Classifier, ReportsAnAnswerThatDoesNotFitTheRequest) {
  const FakeServer none([](auto&, const auto&, auto&) { return grpc::Status::OK; });
  const auto missing = MakeClient(none)->Classify({"cat"});
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(missing.status().message()), HasSubstr("expected 1 results, found 0"));

  const FakeServer unset([](auto&, const auto&, v1::ClassifyResponse& response) {
    response.add_results();
    return grpc::Status::OK;
  });
  EXPECT_EQ(MakeClient(unset)->Classify({"cat"}).status().code(), absl::StatusCode::kInternal);
}

TEST(Classifier, IsSharedByThreads) {
  const FakeServer server;
  const auto client = MakeClient(server);
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&client, &right, t] {
      for (int i = 0; i < 10; ++i) {
        const std::string text = std::to_string(t) + "." + std::to_string(i);
        const auto outcomes = client->Classify({text});
        if (outcomes.ok() && outcomes->front().classes[0].label == text) ++right;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 40);
}

TEST(Classifier, ReadsHealth) {
  FakeServer server;
  const auto client = MakeClient(server);
  EXPECT_EQ(*client->CheckHealth(), Health::kServing);
  server.SetServing("lite1", false);
  EXPECT_EQ(*client->CheckHealth("lite1"), Health::kNotServing);
  EXPECT_EQ(client->CheckHealth("lite2").status().code(), absl::StatusCode::kNotFound);
}

TEST(Classifier, ListsModels) {
  const FakeServer server;
  const auto models = MakeClient(server)->ListModels();
  ASSERT_TRUE(models.ok()) << models.status();
  ASSERT_EQ(models->size(), 1u);
  EXPECT_EQ(models->front().name, "fake");
  EXPECT_EQ(models->front().version, 3);
  EXPECT_EQ(models->front().input_height, 224);
  EXPECT_EQ(models->front().input_width, 240);
  EXPECT_EQ(models->front().parameters, 4'650'000);
  EXPECT_TRUE(models->front().is_default);
}

// The channel's end on one of gRPC's own threads corrupts memory.
TEST(Classifier, NoCallKeepsTheChannelWhenItHasEnded) {
  const FakeServer server;
  const std::shared_ptr<grpc::Channel> channel =
      grpc::CreateChannel(server.address(), grpc::InsecureChannelCredentials());
  const std::unique_ptr<v1::Classifier::Stub> stub = v1::Classifier::NewStub(channel);
  const int64_t uses = channel.use_count();
  SystemClock clock;
  std::promise<int64_t> uses_at_end;
  using Call = RetryingCall<v1::ListModelsRequest, v1::ListModelsResponse>;
  std::make_shared<Call>(
      [&stub](auto* context, auto* sent, auto* received, auto on_end) {
        stub->async()->ListModels(context, sent, received, std::move(on_end));
      },
      v1::ListModelsRequest(), clock, RetryOptions(), std::chrono::minutes(1),
      [&](const absl::Status& status, const v1::ListModelsResponse& response) {
        EXPECT_TRUE(status.ok()) << status;
        EXPECT_EQ(response.models_size(), 1);
        uses_at_end.set_value(channel.use_count());
      })
      ->Start();
  EXPECT_EQ(uses_at_end.get_future().get(), uses);
}

}  // namespace
}  // namespace avocet
