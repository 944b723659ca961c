// One Classify request from arrival to answer.
#ifndef AVOCET_SERVER_CLASSIFY_CALL_H_
#define AVOCET_SERVER_CLASSIFY_CALL_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "proto/classifier.pb.h"
#include "server/call_tracker.h"
#include "server/clock.h"
#include "server/metrics.h"
#include "server/served_model.h"

namespace avocet {

class ClassifyCall;

// Why nobody waits for a result any more.
enum class Fate { kAlive, kExpired, kCancelled };

// One image of a request: the unit that is queued and classified.
struct ImageJob {
  std::shared_ptr<ClassifyCall> call;
  int index = 0;  // in the request

  const ServedModel* model() const;
  bool IsDead() const;
};

// Shared by the jobs of one request, and gRPC's reactor for it. The handler calls `Create`, then
// either `Reject`, or `Accept` and queues the jobs. Every job ends in exactly one of `Answer`,
// `AnswerError` and `Abandon`; the last one sends the answer, and from then on request and response
// are gone. Distinct jobs may be ended by different threads at the same time.
class ClassifyCall final : public grpc::ServerUnaryReactor {
 public:
  // What all calls share; outlives them.
  struct Environment {
    const ServerClock& clock;
    Metrics& metrics;
    CallTracker& tracker;
  };

  // The object stays alive until gRPC is done with it and no job holds it.
  static std::shared_ptr<ClassifyCall> Create(const Environment& environment,
                                              grpc::CallbackServerContext& context,
                                              const v1::ClassifyRequest& request,
                                              v1::ClassifyResponse& response);

  // Counts the call, and what becomes of it, for this model rather than as unknown.
  void SetModel(std::shared_ptr<const ServedModel> model, ModelMetrics& metrics);

  // Answers with an error before any job is queued.
  void Reject(const absl::Status& status) { Finish(status); }

  // Makes one job an image. `SetModel` was called; `top_k` >= 1.
  std::vector<ImageJob> Accept(int top_k);

  // Whether anybody still waits.
  Fate fate() const;

  const v1::ClassifyRequest& request() const { return request_; }
  const std::shared_ptr<const ServedModel>& model() const { return model_; }
  ModelMetrics& model_metrics() const { return *model_metrics_; }
  TimePoint accepted_at() const { return accepted_at_; }
  int top_k() const { return top_k_; }

  // Where the job of this image writes; no other thread touches it.
  v1::ImageResult& result(int image) { return *response_.mutable_results(image); }

  // The image's classification is in its `result`.
  void Answer();
  // The image cannot be classified, for a reason of its own; the others are not concerned.
  void AnswerError(int image, const absl::Status& error);
  // The image will not be classified, and the whole call fails with `error` (the first one given
  // counts).
  void Abandon(const absl::Status& error);
  // `Abandon` for a call whose fate is `kExpired` or `kCancelled`.
  void Drop(Fate fate);

  void OnDone() override;

 private:
  ClassifyCall(const Environment& environment, grpc::CallbackServerContext& context,
               const v1::ClassifyRequest& request, v1::ClassifyResponse& response);

  void EndImage(absl::StatusCode code);
  void Finish(const absl::Status& status);

  const Environment environment_;
  grpc::CallbackServerContext& context_;
  const v1::ClassifyRequest& request_;
  v1::ClassifyResponse& response_;
  const TimePoint arrived_at_;
  const TimePoint deadline_;

  std::shared_ptr<const ServedModel> model_;
  ModelMetrics* model_metrics_;
  TimePoint accepted_at_{};
  int top_k_ = 0;
  std::atomic<int> unfinished_images_ = 0;

  std::mutex mutex_;  // guards error_
  absl::Status error_;

  std::shared_ptr<ClassifyCall> self_;  // until gRPC calls OnDone
};

}  // namespace avocet

#endif  // AVOCET_SERVER_CLASSIFY_CALL_H_
