// The command `avocet-train`.
#include <atomic>
#include <csignal>

#include "engine/train/job/train_command.h"

namespace {

std::atomic<bool> stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free);  // a signal handler may set it

void HandleSignal(int signal) {
  stop_requested.store(true);
  std::signal(signal, SIG_DFL);  // a second one ends the process at once
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGINT, HandleSignal);
  std::signal(SIGTERM, HandleSignal);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error of the write
  return avocet::RunTrainCommand(argc, argv, stop_requested);
}
