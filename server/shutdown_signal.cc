#include "server/shutdown_signal.h"

#include <pthread.h>
#include <unistd.h>

#include <utility>

#include "engine/base/check.h"

namespace avocet {
ShutdownSignal::ShutdownSignal() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  AVOCET_CHECK(pthread_sigmask(SIG_BLOCK, &signals_, nullptr) == 0);
  std::signal(SIGPIPE, SIG_IGN);
  std::promise<int> first;
  first_ = first.get_future();
  thread_ = std::thread(&ShutdownSignal::Watch, this, std::move(first));
}

ShutdownSignal::~ShutdownSignal() {
  ending_ = true;
  pthread_kill(thread_.native_handle(), SIGTERM);
  thread_.join();
}

void ShutdownSignal::Watch(std::promise<int> first) {
  int signal = 0;
  for (bool seen = false;; seen = true) {
    AVOCET_CHECK(sigwait(&signals_, &signal) == 0);
    if (ending_) return;
    if (seen) _exit(128 + signal);  // what a shell reports for a process that the signal killed
    first.set_value(signal);
  }
}

}  // namespace avocet
