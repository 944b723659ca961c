#include "client/classifier.h"

#include <condition_variable>
#include <mutex>
#include <utility>

#include <google/protobuf/wrappers.pb.h>
#include <grpcpp/generic/generic_stub.h>

#include "absl/strings/str_cat.h"
#include "client/calls_in_flight.h"
#include "client/channel.h"
#include "client/messages.h"
#include "client/retrying_call.h"
#include "engine/base/status.h"
#include "proto/classifier.grpc.pb.h"

namespace avocet {
namespace {

// grpc.health.v1 on the wire: a request is a string in field 1, a response an enumeration in
// field 1. The wrapper types are exactly that, and save a copy of health.proto.
using HealthRequest = google::protobuf::StringValue;
using HealthResponse = google::protobuf::Int32Value;
using HealthStub = grpc::TemplatedGenericStub<HealthRequest, HealthResponse>;

// Hands a value from the thread of a callback to the thread that waits for it.
template <typename T>
class Handover {
 public:
  void Put(T value) {
    std::lock_guard lock(mutex_);
    value_.emplace(std::move(value));
    filled_.notify_all();
  }

  T Take() {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [this] { return value_.has_value(); });
    return *std::move(value_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable filled_;
  std::optional<T> value_;
};

}  // namespace

class Classifier::Impl {
 public:
  Impl(ClassifierOptions options, const std::shared_ptr<grpc::Channel>& channel)
      : options_(std::move(options)), stub_(v1::Classifier::NewStub(channel)), health_(channel) {}

  ~Impl() { calls_.CancelAndWait(); }

  const ClassifierOptions& options() const { return options_; }
  v1::Classifier::StubInterface& stub() { return *stub_; }
  HealthStub& health() { return health_; }

  // Runs `method` with retries; `done` gets its end.
  template <typename Request, typename Response>
  void Start(typename RetryingCall<Request, Response>::Method method, Request request,
             const RetryOptions& retry, std::function<void(absl::Status, Response&)> done) {
    // The call is registered before it starts and named in its own callback, which outlives it by
    // nothing.
    auto registered = std::make_shared<std::shared_ptr<CancellableCall>>();
    auto call = std::make_shared<RetryingCall<Request, Response>>(
        std::move(method), std::move(request), *options_.clock, retry, options_.deadline,
        [this, registered, done = std::move(done)](absl::Status status, Response& response) {
          done(std::move(status), response);
          calls_.Remove(std::exchange(*registered, nullptr));
        });
    *registered = call;
    calls_.Add(call);
    call->Start();
  }

  // The same, and waits.
  template <typename Request, typename Response>
  absl::StatusOr<Response> Run(typename RetryingCall<Request, Response>::Method method,
                               Request request, const RetryOptions& retry) {
    Handover<absl::StatusOr<Response>> end;
    Start<Request, Response>(std::move(method), std::move(request), retry,
                             [&end](absl::Status status, Response& response) {
                               if (status.ok()) {
                                 end.Put(std::move(response));
                               } else {
                                 end.Put(std::move(status));
                               }
                             });
    return end.Take();
  }

 private:
  const ClassifierOptions options_;
  const std::unique_ptr<v1::Classifier::StubInterface> stub_;
  HealthStub health_;
  CallsInFlight calls_;
};

Classifier::Classifier(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Classifier::~Classifier() = default;

absl::StatusOr<std::unique_ptr<Classifier>> Classifier::Create(ClassifierOptions options) {
  RETURN_IF_ERROR(CheckRetryOptions(options.retry));
  if (options.deadline.count() <= 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("deadline: expected more than 0 ms, found ", options.deadline.count(), " ms"));
  }
  if (options.clock == nullptr) options.clock = std::make_shared<SystemClock>();
  ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel, MakeChannel(options));
  auto impl = std::make_unique<Impl>(std::move(options), channel);
  return std::unique_ptr<Classifier>(new Classifier(std::move(impl)));
}

Classifier::Outcomes Classifier::Classify(std::vector<std::string> images,
                                          const ClassifyOptions& options) {
  Handover<Outcomes> end;
  ClassifyAsync(std::move(images), options,
                [&end](Outcomes outcomes) { end.Put(std::move(outcomes)); });
  return end.Take();
}

void Classifier::ClassifyAsync(std::vector<std::string> images, const ClassifyOptions& options,
                               std::function<void(Outcomes)> done) {
  const int count = static_cast<int>(images.size());
  v1::ClassifyRequest request = ToRequest(std::move(images), options);
  // gRPC would answer RESOURCE_EXHAUSTED, which means overload elsewhere.
  const size_t bytes = request.ByteSizeLong();
  if (bytes > static_cast<size_t>(impl_->options().max_message_bytes)) {
    return done(absl::InvalidArgumentError(
        absl::StrCat("request: expected at most ", impl_->options().max_message_bytes,
                     " bytes (max_message_bytes), found ", bytes)));
  }
  impl_->Start<v1::ClassifyRequest, v1::ClassifyResponse>(
      [this](auto* context, auto* sent, auto* received, auto on_end) {
        impl_->stub().async()->Classify(context, sent, received, std::move(on_end));
      },
      std::move(request), impl_->options().retry,
      [count, done = std::move(done)](const absl::Status& status, v1::ClassifyResponse& response) {
        done(status.ok() ? ToOutcomes(response, count) : Outcomes(status));
      });
}

absl::StatusOr<Health> Classifier::CheckHealth(std::string_view service) {
  HealthRequest request;
  request.set_value(std::string(service));
  RetryOptions once = impl_->options().retry;
  once.max_attempts = 1;
  auto check = [this](auto* context, auto* sent, auto* received, auto on_end) {
    impl_->health().UnaryCall(context, "/grpc.health.v1.Health/Check", {}, sent, received,
                              std::move(on_end));
  };
  ASSIGN_OR_RETURN(const HealthResponse response,
                   (impl_->Run<HealthRequest, HealthResponse>(check, std::move(request), once)));
  switch (response.value()) {
    case 1:
      return Health::kServing;
    case 2:
      return Health::kNotServing;
    default:
      return Health::kUnknown;
  }
}

absl::StatusOr<std::vector<ModelInfo>> Classifier::ListModels() {
  auto list = [this](auto* context, auto* sent, auto* received, auto on_end) {
    impl_->stub().async()->ListModels(context, sent, received, std::move(on_end));
  };
  ASSIGN_OR_RETURN(const v1::ListModelsResponse response,
                   (impl_->Run<v1::ListModelsRequest, v1::ListModelsResponse>(
                       list, {}, impl_->options().retry)));
  std::vector<ModelInfo> models;
  models.reserve(static_cast<size_t>(response.models_size()));
  for (const v1::Model& model : response.models()) models.push_back(ToModelInfo(model));
  return models;
}

}  // namespace avocet
