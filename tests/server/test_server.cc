#include "tests/server/test_server.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <thread>

#include "engine/base/check.h"
#include "tests/server/scrape.h"

namespace avocet::testing {

int Reply::Label(int image) const {
  if (image >= response.results_size()) return -1;
  const v1::ImageResult& result = response.results(image);
  return result.has_classification() ? result.classification().classes(0).index() : -1;
}

TestServer::TestServer(const TestServerOptions& options) : options_(options) {
  std::vector<std::shared_ptr<const ServedModel>> models;
  for (const auto& [name, version] : options.models) models.push_back(network.Model(name, version));
  auto table = ModelTable::Create(std::move(models), options.default_model, metrics);
  AVOCET_CHECK(table.ok());
  registry = std::make_unique<ModelRegistry>(*table);
  queue = std::make_unique<ImageQueue>(options.queue_capacity, options.executors);
  metrics.queue_capacity().Set(options.queue_capacity);
  metrics.SampleQueueDepth([this] { return queue->depth(); });
  service = std::make_unique<ClassifierService>(
      ClassifierService::Environment{*queue, *registry, {clock, metrics, calls}, options.limits});
  auto started = GrpcServer::Start(options.grpc, *service, (*table)->names());
  AVOCET_CHECK(started.ok());
  server = *std::move(started);
  stub_ = v1::Classifier::NewStub(NewChannel());
  if (options.start_executors) StartExecutors();
}

TestServer::~TestServer() {
  network.Release();
  executors_.reset();
  server.reset();
}

Executor::Environment TestServer::environment() {
  return {.queue = *queue,
          .registry = *registry,
          .shelf = shelf,
          .metrics = metrics,
          .clock = clock,
          .decode = options_.decode,
          .wide_threads = options_.wide_threads,
          .size_variants = options_.size_variants};
}

void TestServer::StartExecutors() {
  auto started = ExecutorPool::Start(environment(), options_.plans, tuner);
  AVOCET_CHECK(started.ok());
  executors_ = *std::move(started);
  if (options_.wait_for_all_plans) executors_->WaitForAllPlans();
  WaitUntilIdle();
  network.ForgetRuns();
  server->SetServing(true);
}

std::shared_ptr<grpc::Channel> TestServer::NewChannel() const {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(-1);
  return grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(server->port()),
                                   grpc::InsecureChannelCredentials(), arguments);
}

Reply TestServer::Classify(const v1::ClassifyRequest& request) {
  grpc::ClientContext context;
  Reply reply;
  reply.status = stub_->Classify(&context, request, &reply.response);
  return reply;
}

PendingReply TestServer::Send(const v1::ClassifyRequest& request,
                              std::chrono::system_clock::time_point deadline) {
  auto context = std::make_shared<grpc::ClientContext>();
  context->set_deadline(deadline);
  auto call = [this, context, request] {
    Reply reply;
    reply.status = stub_->Classify(context.get(), request, &reply.response);
    return reply;
  };
  return PendingReply(context, std::async(std::launch::async, std::move(call)));
}

v1::ClassifyRequest TestServer::Request(std::vector<std::string> images) {
  v1::ClassifyRequest request;
  for (std::string& image : images) request.add_images(std::move(image));
  return request;
}

void TestServer::WaitForDepth(int images) {
  WaitUntil([&] { return queue->depth() == images; });
}

void TestServer::WaitUntilIdle() {
  WaitUntil([this] { return queue->idle_executors() == queue->executors(); });
}

double TestServer::Metric(const std::string& series) const {
  return SeriesIn(metrics.Text(), series);
}

void WaitUntil(const std::function<bool()>& condition) {
  while (!condition()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

}  // namespace avocet::testing
