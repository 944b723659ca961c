// The orderly end of a server.
#ifndef AVOCET_SERVER_DRAIN_H_
#define AVOCET_SERVER_DRAIN_H_

#include <chrono>
#include <functional>
#include <thread>

#include "absl/status/status.h"
#include "server/call_tracker.h"
#include "server/executor.h"
#include "server/grpc_server.h"

namespace avocet {

struct DrainOptions {
  std::chrono::milliseconds delay{0};         // keeps serving while load balancers notice
  std::chrono::milliseconds timeout{30'000};  // for the answers after that
  // How the delay passes; tests replace it.
  std::function<void(std::chrono::milliseconds)> sleep = [](std::chrono::milliseconds time) {
    std::this_thread::sleep_for(time);
  };
};

// Turns health to NOT_SERVING, serves on for `delay`, refuses new requests with UNAVAILABLE, waits
// until everything accepted is answered, and closes the port. Errors: DEADLINE_EXCEEDED when
// `timeout` passed first; the calls left were cancelled.
absl::Status Drain(const DrainOptions& options, GrpcServer& server, ImageQueue& queue,
                   CallTracker& calls);

}  // namespace avocet

#endif  // AVOCET_SERVER_DRAIN_H_
