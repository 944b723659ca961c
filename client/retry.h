// When a failed call is tried again, and after how long.
#ifndef AVOCET_CLIENT_RETRY_H_
#define AVOCET_CLIENT_RETRY_H_

#include <chrono>

#include "absl/status/status.h"

namespace avocet {

// Exponential backoff with jitter, in the manner of gRPC's connection backoff. Classification has
// no side effects, so repeating a call is always safe.
struct RetryOptions {
  int max_attempts = 5;  // the first one included; 1: never retry
  std::chrono::milliseconds initial_backoff{100};
  double multiplier = 2;
  std::chrono::milliseconds max_backoff{5000};
  double jitter =
      0.2;  // each pause is drawn from [1 - jitter, 1 + jitter] times its nominal length
  // Also retry RESOURCE_EXHAUSTED, with which a server refuses work when its queue is full. Off by
  // default: interactive callers do better to hear of overload at once; batch jobs that can wait
  // switch it on.
  bool on_overload = false;
};

// INVALID_ARGUMENT with the name of the field that is out of range.
absl::Status CheckRetryOptions(const RetryOptions& options);

// Whether a call that ended with `code` may succeed when repeated: UNAVAILABLE, and
// RESOURCE_EXHAUSTED if so asked.
bool IsRetriable(absl::StatusCode code, const RetryOptions& options);

// Pause after the attempt number `attempt`, counted from 1. `random` in [0, 1) picks the place in
// the jitter's interval.
std::chrono::nanoseconds Backoff(int attempt, double random, const RetryOptions& options);

}  // namespace avocet

#endif  // AVOCET_CLIENT_RETRY_H_
