// Handlers and executors at the same time, without gRPC's transport: what ThreadSanitizer can see
// in full, since gRPC is not instrumented and its reports are suppressed (tests/tsan.supp).
#include <grpcpp/server_context.h>
#include <gtest/gtest.h>

#include <memory>
#include <thread>
#include <vector>

#include "tests/server/test_server.h"

namespace avocet::testing {
namespace {

// A call as gRPC would make it.
struct DirectCall {
  grpc::CallbackServerContext context;
  v1::ClassifyRequest request;
  v1::ClassifyResponse response;
  grpc::ServerUnaryReactor* reactor = nullptr;
};

TEST(Concurrency, CallsAreAnsweredByManyExecutorsAtOnce) {
  constexpr int kCallers = 4;
  constexpr int kCalls = 60;
  TestServer server({.executors = 3, .wide_threads = 2, .queue_capacity = 4096});
  std::vector<std::vector<std::unique_ptr<DirectCall>>> calls(kCallers);
  std::vector<std::thread> callers;
  for (std::vector<std::unique_ptr<DirectCall>>& mine : calls) {
    callers.emplace_back([&server, &mine] {
      for (int i = 0; i < kCalls; ++i) {
        auto call = std::make_unique<DirectCall>();
        for (int k = 0; k <= i % 5; ++k) call->request.add_images(Picture((i + k) % 10));
        call->request.add_images("corrupt");
        call->reactor = server.service->Classify(&call->context, &call->request, &call->response);
        mine.push_back(std::move(call));
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  server.StopExecutors();
  for (const std::vector<std::unique_ptr<DirectCall>>& mine : calls) {
    for (int i = 0; i < kCalls; ++i) {
      const DirectCall& call = *mine[static_cast<size_t>(i)];
      const int good = call.request.images_size() - 1;
      for (int k = 0; k < good; ++k) {
        EXPECT_EQ(call.response.results(k).classification().classes(0).index(), (i + k) % 10);
      }
      EXPECT_TRUE(call.response.results(good).has_error());
      call.reactor->OnDone();
    }
  }
  EXPECT_EQ(server.Metric("avocet_requests_total{code=\"OK\",model=\"fake\"}"), kCallers * kCalls);
  EXPECT_EQ(server.Metric("avocet_requests_in_flight"), 0);
  EXPECT_EQ(server.calls.WaitUntilNone(std::chrono::milliseconds(0)), 0);
}

}  // namespace
}  // namespace avocet::testing
