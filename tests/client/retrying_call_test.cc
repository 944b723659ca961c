// The states of one call, without a server: attempts end on other threads, and cancellation comes
// at any moment.
#include "client/retrying_call.h"

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "tests/client/fake_clock.h"

namespace avocet {
namespace {

struct Message {
  int value = 0;
  void Clear() { value = 0; }
};

using Call = RetryingCall<Message, Message>;

// The ends of a call, of which there must be one.
class Ends {
 public:
  Call::Done Note() {
    return [this](const absl::Status& status, const Message& response) {
      std::lock_guard lock(mutex_);
      statuses_.push_back(status);
      value_ = response.value;
      ended_.notify_all();
    };
  }

  absl::Status Wait() {
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [this] { return !statuses_.empty(); });
    return statuses_.front();
  }

  size_t count() {
    std::lock_guard lock(mutex_);
    return statuses_.size();
  }

  int value() {
    std::lock_guard lock(mutex_);
    return value_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable ended_;
  std::vector<absl::Status> statuses_;
  int value_ = 0;
};

// Attempts that end with `status` on a thread of their own.
class Attempts {
 public:
  explicit Attempts(grpc::Status status) : status_(std::move(status)) {}

  Call::Method Method() {
    return [this](grpc::ClientContext*, const Message* request, Message* response,
                  std::function<void(grpc::Status)> on_end) {
      std::lock_guard lock(mutex_);
      threads_.emplace_back([this, request, response, on_end = std::move(on_end)] {
        response->value = request->value + 1;
        on_end(status_);
      });
    };
  }

  // No attempt may start any more.
  size_t Join() {
    for (std::thread& thread : threads_) thread.join();
    return threads_.size();
  }

 private:
  const grpc::Status status_;
  std::mutex mutex_;
  std::vector<std::thread> threads_;
};

constexpr RetryOptions kNoPause = {.max_attempts = 3,
                                   .initial_backoff = std::chrono::milliseconds(0),
                                   .max_backoff = std::chrono::milliseconds(0)};

TEST(RetryingCall, HandsOverTheAnswerOfTheLastAttempt) {
  Attempts attempts(grpc::Status::OK);
  FakeClock clock;
  Ends ends;
  const auto call = std::make_shared<Call>(attempts.Method(), Message{41}, clock, kNoPause,
                                           std::chrono::seconds(1), ends.Note());
  call->Start();
  EXPECT_EQ(ends.Wait(), absl::OkStatus());
  EXPECT_EQ(attempts.Join(), 1u);
  EXPECT_EQ(ends.value(), 42);
}

TEST(RetryingCall, TriesAgainOnTheTimersThread) {
  Attempts attempts({grpc::StatusCode::UNAVAILABLE, "not now"});
  Ends ends;
  {
    SystemClock clock;
    const auto call = std::make_shared<Call>(attempts.Method(), Message{}, clock, kNoPause,
                                             std::chrono::hours(1), ends.Note());
    call->Start();
    EXPECT_EQ(ends.Wait().message(), "not now (after 3 attempts)");
  }
  EXPECT_EQ(attempts.Join(), 3u);
}

TEST(RetryingCall, EndsOnceWhenItIsCancelledAtAnyMoment) {
  for (int round = 0; round < 200; ++round) {
    Attempts attempts({grpc::StatusCode::UNAVAILABLE, "not now"});
    Ends ends;
    {
      SystemClock clock;
      const auto call = std::make_shared<Call>(attempts.Method(), Message{}, clock, kNoPause,
                                               std::chrono::hours(1), ends.Note());
      std::thread canceller([&call, round] {
        // Different rounds meet different states.
        for (int i = 0; i < round % 20; ++i) std::this_thread::yield();
        call->Cancel();
      });
      call->Start();
      const absl::StatusCode code = ends.Wait().code();
      EXPECT_TRUE(code == absl::StatusCode::kCancelled || code == absl::StatusCode::kUnavailable);
      canceller.join();
      // The clock goes now, as when a Classifier is destroyed: nothing may use it any more.
    }
    attempts.Join();
    EXPECT_EQ(ends.count(), 1u);
  }
}

TEST(RetryingCall, StartsNoAttemptAfterItWasCancelled) {
  Attempts attempts(grpc::Status::OK);
  FakeClock clock;
  Ends ends;
  const auto call = std::make_shared<Call>(attempts.Method(), Message{}, clock, kNoPause,
                                           std::chrono::seconds(1), ends.Note());
  call->Cancel();
  EXPECT_EQ(ends.count(), 0u);
  call->Start();
  EXPECT_EQ(ends.Wait().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(attempts.Join(), 0u);
}

}  // namespace
}  // namespace avocet
