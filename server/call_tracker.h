// How many calls are not finished yet.
#ifndef AVOCET_SERVER_CALL_TRACKER_H_
#define AVOCET_SERVER_CALL_TRACKER_H_

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace avocet {

// Counts calls from their arrival until gRPC has sent their answer, so that a shutdown can wait for
// them. Thread-safe.
class CallTracker {
 public:
  void Enter() {
    const std::lock_guard lock(mutex_);
    ++calls_;
  }

  void Leave() {
    const std::lock_guard lock(mutex_);
    if (--calls_ == 0) none_left_.notify_all();
  }

  // Waits until no call is left, at most `timeout`. Returns how many are.
  int WaitUntilNone(std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    none_left_.wait_for(lock, timeout, [this] { return calls_ == 0; });
    return calls_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable none_left_;
  int calls_ = 0;
};

}  // namespace avocet

#endif  // AVOCET_SERVER_CALL_TRACKER_H_
