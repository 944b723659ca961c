#include "client/retry.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"

namespace avocet {

absl::Status CheckRetryOptions(const RetryOptions& options) {
  if (options.max_attempts < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("retry.max_attempts: expected at least 1, found ", options.max_attempts));
  }
  if (options.initial_backoff.count() < 0 || options.max_backoff < options.initial_backoff) {
    return absl::InvalidArgumentError(absl::StrCat(
        "retry: expected 0 <= initial_backoff <= max_backoff, found ",
        options.initial_backoff.count(), " ms and ", options.max_backoff.count(), " ms"));
  }
  // Written so that NaN fails too.
  if (!(options.multiplier >= 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("retry.multiplier: expected at least 1, found ", options.multiplier));
  }
  if (!(options.jitter >= 0 && options.jitter <= 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("retry.jitter: expected 0 to 1, found ", options.jitter));
  }
  return absl::OkStatus();
}

bool IsRetriable(absl::StatusCode code, const RetryOptions& options) {
  return code == absl::StatusCode::kUnavailable ||
         (code == absl::StatusCode::kResourceExhausted && options.on_overload);
}

std::chrono::nanoseconds Backoff(int attempt, double random, const RetryOptions& options) {
  using Milliseconds = std::chrono::duration<double, std::milli>;
  const Milliseconds nominal =
      std::min(Milliseconds(options.max_backoff),
               Milliseconds(options.initial_backoff) * std::pow(options.multiplier, attempt - 1));
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
      nominal * (1 + options.jitter * (2 * random - 1)));
}

}  // namespace avocet
