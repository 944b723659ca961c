// SIGTERM and SIGINT as something to wait for.
#ifndef AVOCET_SERVER_SHUTDOWN_SIGNAL_H_
#define AVOCET_SERVER_SHUTDOWN_SIGNAL_H_

#include <atomic>
#include <csignal>
#include <future>
#include <thread>

namespace avocet {

// Create it before any other thread, so that all of them inherit the blocked signals. One at a
// time.
class ShutdownSignal {
 public:
  // Blocks SIGTERM and SIGINT in this thread and takes them on one of its own. SIGPIPE is ignored:
  // a peer that leaves is an error of its connection alone.
  ShutdownSignal();

  // Ends that thread. The signals stay blocked.
  ~ShutdownSignal();

  // Returns the number of the first signal, when it has come. A second one ends the process at
  // once. Once only.
  int Wait() { return first_.get(); }

 private:
  void Watch(std::promise<int> first);

  sigset_t signals_;
  std::atomic<bool> ending_ = false;
  std::future<int> first_;
  std::thread thread_;
};

}  // namespace avocet

#endif  // AVOCET_SERVER_SHUTDOWN_SIGNAL_H_
