// A whole server in this process, on any free port, with fake networks.
#ifndef AVOCET_TESTS_SERVER_TEST_SERVER_H_
#define AVOCET_TESTS_SERVER_TEST_SERVER_H_

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "engine/tuning/tuner.h"
#include "proto/classifier.grpc.pb.h"
#include "server/classifier_service.h"
#include "server/executor_pool.h"
#include "server/grpc_server.h"
#include "tests/server/fake_network.h"

namespace avocet::testing {

struct TestServerOptions {
  std::vector<std::pair<std::string, std::int64_t>> models = {{"fake", 1}};  // name, version
  std::string default_model = {};
  int executors = 1;
  int wide_threads = 1;
  int size_variants = 4;
  PlanPolicy plans = {};
  int queue_capacity = 256;
  RequestLimits limits = {};
  DecodeOptions decode = {};
  GrpcServerOptions grpc = {.address = "127.0.0.1", .port = 0};
  bool start_executors = true;
  bool wait_for_all_plans = true;  // before the first request
};

// The answer to one call.
struct Reply {
  grpc::Status status;
  v1::ClassifyResponse response;

  // Index of the first class of an image's result; -1 for an error.
  int Label(int image = 0) const;
};

// A request of one call that may still be on its way.
class PendingReply {
 public:
  explicit PendingReply(std::shared_ptr<grpc::ClientContext> context, std::future<Reply> reply)
      : context_(std::move(context)), reply_(std::move(reply)) {}
  Reply Get() { return reply_.get(); }
  void Cancel() { context_->TryCancel(); }

 private:
  std::shared_ptr<grpc::ClientContext> context_;
  std::future<Reply> reply_;
};

class TestServer {
 public:
  explicit TestServer(const TestServerOptions& options = {});
  // Releases the network and shuts down.
  ~TestServer();

  // Does what start_executors = false left out, and says SERVING.
  void StartExecutors();
  ExecutorPool& executors() { return *executors_; }
  // Closes the queue and waits until everything in it is answered.
  void StopExecutors() { executors_.reset(); }

  // A channel without encryption, one connection of its own.
  std::shared_ptr<grpc::Channel> NewChannel() const;
  v1::Classifier::Stub& stub() { return *stub_; }

  Reply Classify(const v1::ClassifyRequest& request);
  Reply Classify(std::vector<std::string> images) { return Classify(Request(std::move(images))); }
  // Without waiting for the answer.
  PendingReply Send(const v1::ClassifyRequest& request,
                    std::chrono::system_clock::time_point deadline =
                        std::chrono::system_clock::time_point::max());
  PendingReply Send(std::vector<std::string> images) { return Send(Request(std::move(images))); }
  static v1::ClassifyRequest Request(std::vector<std::string> images);

  // Waits until so many images wait in the queue.
  void WaitForDepth(int images);
  // Waits until every executor waits for images.
  void WaitUntilIdle();
  // What the executors run with.
  Executor::Environment environment();
  // The value of a series, as SeriesIn finds it.
  double Metric(const std::string& series) const;

  FakeClock fake_clock;
  FakeNetwork network{fake_clock};
  const ServerClock clock = fake_clock.clock();
  Metrics metrics;
  std::unique_ptr<ModelRegistry> registry;
  std::unique_ptr<ImageQueue> queue;
  PlanShelf shelf;
  CallTracker calls;
  std::unique_ptr<ClassifierService> service;
  std::unique_ptr<GrpcServer> server;
  Tuner tuner{{.cache = nullptr, .wall_clock = clock, .cost_clock = clock}};

 private:
  const TestServerOptions options_;
  std::unique_ptr<ExecutorPool> executors_;
  std::unique_ptr<v1::Classifier::Stub> stub_;
};

// Waits until `condition` holds; a test that waits in vain ends by its time limit.
void WaitUntil(const std::function<bool()>& condition);

}  // namespace avocet::testing

#endif  // AVOCET_TESTS_SERVER_TEST_SERVER_H_
