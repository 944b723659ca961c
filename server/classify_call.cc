#include "server/classify_call.h"

#include <chrono>
#include <string>
#include <utility>

#include "engine/base/check.h"
#include "server/grpc_status.h"

namespace avocet {
namespace {

// The caller's deadline on our clock.
TimePoint DeadlineOf(const grpc::CallbackServerContext& context, TimePoint now) {
  const auto deadline = context.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) return TimePoint::max();
  const auto left = deadline - std::chrono::system_clock::now();
  // A deadline centuries away would overflow below.
  if (left > std::chrono::hours(24 * 365)) return TimePoint::max();
  return now + std::chrono::duration_cast<Duration>(left);
}

}  // namespace

const ServedModel* ImageJob::model() const { return call->model().get(); }

bool ImageJob::IsDead() const { return call->fate() != Fate::kAlive; }

std::shared_ptr<ClassifyCall> ClassifyCall::Create(const Environment& environment,
                                                   grpc::CallbackServerContext& context,
                                                   const v1::ClassifyRequest& request,
                                                   v1::ClassifyResponse& response) {
  std::shared_ptr<ClassifyCall> call(new ClassifyCall(environment, context, request, response));
  call->self_ = call;
  return call;
}

ClassifyCall::ClassifyCall(const Environment& environment, grpc::CallbackServerContext& context,
                           const v1::ClassifyRequest& request, v1::ClassifyResponse& response)
    : environment_(environment),
      context_(context),
      request_(request),
      response_(response),
      arrived_at_(environment.clock()),
      deadline_(DeadlineOf(context, arrived_at_)),
      model_metrics_(&environment.metrics.unknown_model()) {
  environment_.tracker.Enter();
  environment_.metrics.requests_in_flight().Increment();
}

void ClassifyCall::SetModel(std::shared_ptr<const ServedModel> model, ModelMetrics& metrics) {
  model_ = std::move(model);
  model_metrics_ = &metrics;
}

std::vector<ImageJob> ClassifyCall::Accept(int top_k) {
  AVOCET_CHECK(model_ != nullptr && top_k >= 1);
  top_k_ = top_k;
  response_.set_model(model_->name);
  response_.set_version(model_->version);
  response_.mutable_results()->Reserve(request_.images_size());
  std::vector<ImageJob> jobs;
  for (int i = 0; i < request_.images_size(); ++i) {
    response_.add_results();
    jobs.push_back({self_, i});
  }
  unfinished_images_ = request_.images_size();
  accepted_at_ = environment_.clock();
  return jobs;
}

Fate ClassifyCall::fate() const {
  // The deadline first: gRPC cancels calls whose deadline passed.
  if (environment_.clock() >= deadline_) return Fate::kExpired;
  return context_.IsCancelled() ? Fate::kCancelled : Fate::kAlive;
}

void ClassifyCall::Answer() { EndImage(absl::StatusCode::kOk); }

void ClassifyCall::AnswerError(int image, const absl::Status& error) {
  v1::ImageError& image_error = *result(image).mutable_error();
  image_error.set_code(static_cast<int>(error.code()));
  image_error.set_message(std::string(error.message()));
  EndImage(error.code());
}

void ClassifyCall::Abandon(const absl::Status& error) {
  {
    const std::lock_guard lock(mutex_);
    error_.Update(error);
  }
  EndImage(error.code());
}

void ClassifyCall::Drop(Fate fate) {
  AVOCET_CHECK(fate != Fate::kAlive);
  if (fate == Fate::kExpired) {
    environment_.metrics.dropped_expired().Increment();
    Abandon(absl::DeadlineExceededError("the deadline passed before the images were classified"));
  } else {
    environment_.metrics.dropped_cancelled().Increment();
    Abandon(absl::CancelledError("the caller cancelled the request"));
  }
}

void ClassifyCall::EndImage(absl::StatusCode code) {
  model_metrics_->images.Increment(code);
  if (unfinished_images_.fetch_sub(1) > 1) return;
  absl::Status error;
  {
    const std::lock_guard lock(mutex_);
    error = error_;
  }
  Finish(error);
}

// Counts before it answers, so that a caller who has the answer finds it counted.
void ClassifyCall::Finish(const absl::Status& status) {
  model_metrics_->requests.Increment(status.code());
  model_metrics_->request_duration.Observe(Seconds(environment_.clock() - arrived_at_));
  environment_.metrics.requests_in_flight().Decrement();
  grpc::ServerUnaryReactor::Finish(ToGrpcStatus(status));
}

void ClassifyCall::OnDone() {
  const std::shared_ptr<ClassifyCall> self = std::move(self_);
  environment_.tracker.Leave();
}

}  // namespace avocet
