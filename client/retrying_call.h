// One unary call with its retries, under one deadline.
#ifndef AVOCET_CLIENT_RETRYING_CALL_H_
#define AVOCET_CLIENT_RETRYING_CALL_H_

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <utility>

#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "client/clock.h"
#include "client/retry.h"

namespace avocet {

// A call that can be given up. Thread-safe.
class CancellableCall {
 public:
  virtual ~CancellableCall() = default;
  // Ends the call with CANCELLED, soon, if it has not ended.
  virtual void Cancel() = 0;
};

// Keeps itself alive, through the callbacks it hands out, until it has ended. Thread-safe; all
// state is under one lock, which is never held while foreign code runs.
template <typename Request, typename Response>
class RetryingCall final : public CancellableCall,
                           public std::enable_shared_from_this<RetryingCall<Request, Response>> {
 public:
  // Starts one attempt; the function it is given runs when that has ended.
  using Method = std::function<void(grpc::ClientContext*, const Request*, Response*,
                                    std::function<void(grpc::Status)>)>;
  // Runs once. The request is no longer needed by then.
  using Done = std::function<void(absl::Status, Response&)>;

  // `clock` must live until `done` runs.
  RetryingCall(Method method, Request request, Clock& clock, const RetryOptions& retry,
               std::chrono::nanoseconds deadline, Done done)
      : method_(std::move(method)),
        request_(std::move(request)),
        clock_(clock),
        retry_(retry),
        deadline_(clock.Now() + deadline),
        done_(std::move(done)) {}

  void Start() {
    grpc::ClientContext* context = nullptr;
    {
      std::lock_guard lock(mutex_);
      if (phase_ == Phase::kEnded) return;
      if (!cancelled_) {
        phase_ = Phase::kAttempt;
        ++attempts_;
        response_.Clear();
        context_ = std::make_unique<grpc::ClientContext>();
        context_->set_deadline(std::chrono::system_clock::now() +
                               std::chrono::duration_cast<std::chrono::system_clock::duration>(
                                   deadline_ - clock_.Now()));
        context = context_.get();
      }
    }
    if (context == nullptr) return Finish(Cancelled());
    // A cancellation that arrives before gRPC has the call still holds: the context remembers it.
    method_(context, &request_, &response_,
            [self = this->shared_from_this()](const grpc::Status& status) { self->OnEnd(status); });
  }

  void Cancel() override {
    {
      std::lock_guard lock(mutex_);
      cancelled_ = true;
      if (phase_ == Phase::kAttempt) context_->TryCancel();
      if (phase_ != Phase::kPause) return;  // whoever brought it into this phase ends it
    }
    Finish(Cancelled());
  }

 private:
  // While kScheduling the clock is in use, so the call must not end and let its owner destroy the
  // clock.
  enum class Phase { kAttempt, kScheduling, kPause, kEnded };

  static absl::Status Cancelled() {
    return absl::CancelledError("the client was closed before the call ended");
  }

  void OnEnd(const grpc::Status& status) {
    std::chrono::nanoseconds pause{0};
    absl::Status result;
    bool again = false;
    {
      std::lock_guard lock(mutex_);
      // The numbers of gRPC's codes are abseil's.
      const auto code = static_cast<absl::StatusCode>(status.error_code());
      pause = Backoff(attempts_, Random(), retry_);
      again = !cancelled_ && IsRetriable(code, retry_) && attempts_ < retry_.max_attempts &&
              clock_.Now() + pause < deadline_;
      if (again) phase_ = Phase::kScheduling;
      result = absl::Status(
          code, attempts_ == 1 || status.ok()
                    ? status.error_message()
                    : absl::StrCat(status.error_message(), " (after ", attempts_, " attempts)"));
    }
    if (!again) return Finish(std::move(result));

    clock_.RunAfter(pause, [self = this->shared_from_this()] { self->Start(); });
    {
      std::lock_guard lock(mutex_);
      if (phase_ != Phase::kScheduling) return;  // the pause is over already
      phase_ = Phase::kPause;
      if (!cancelled_) return;
    }
    Finish(Cancelled());
  }

  void Finish(absl::Status result) {
    {
      std::lock_guard lock(mutex_);
      if (phase_ == Phase::kEnded) return;
      phase_ = Phase::kEnded;
      // The context shares the channel. `done_` lets the channel's owner go, and gRPC's thread,
      // which may be this one, must not be the last to let go of it: the channel's end joins that
      // thread and frees what it goes on to use (gRPC 1.51).
      context_.reset();
    }
    std::exchange(done_, nullptr)(std::move(result), response_);
  }

  static double Random() {
    thread_local std::minstd_rand generator(std::random_device{}());
    return std::uniform_real_distribution<double>(0, 1)(generator);
  }

  const Method method_;
  const Request request_;
  Clock& clock_;
  const RetryOptions retry_;
  const Clock::TimePoint deadline_;
  Done done_;
  Response response_;

  std::mutex mutex_;
  std::unique_ptr<grpc::ClientContext> context_;
  int attempts_ = 0;
  Phase phase_ = Phase::kScheduling;
  bool cancelled_ = false;
};

}  // namespace avocet

#endif  // AVOCET_CLIENT_RETRYING_CALL_H_
