#include "server/drain.h"

#include <spdlog/spdlog.h>

#include "absl/strings/str_cat.h"

namespace avocet {

absl::Status Drain(const DrainOptions& options, GrpcServer& server, ImageQueue& queue,
                   CallTracker& calls) {
  server.SetServing(false);
  if (options.delay.count() > 0) {
    spdlog::info("draining: serving for another {} ms", options.delay.count());
    options.sleep(options.delay);
  }
  spdlog::info("draining: new requests are refused, {} images wait", queue.depth());
  queue.Close();
  const int left = calls.WaitUntilNone(options.timeout);
  server.Shutdown();
  if (left > 0) {
    return absl::DeadlineExceededError(absl::StrCat(left, " requests were not answered within ",
                                                    options.timeout.count(),
                                                    " ms and were cancelled (--drain-timeout)"));
  }
  return absl::OkStatus();
}

}  // namespace avocet
