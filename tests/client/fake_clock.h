// Time that passes only when the client pauses, and then at once.
#ifndef AVOCET_TESTS_CLIENT_FAKE_CLOCK_H_
#define AVOCET_TESTS_CLIENT_FAKE_CLOCK_H_

#include <chrono>
#include <functional>
#include <mutex>
#include <vector>

#include "client/clock.h"

namespace avocet {

// Thread-safe.
class FakeClock final : public Clock {
 public:
  TimePoint Now() override {
    std::lock_guard lock(mutex_);
    return now_;
  }

  void RunAfter(std::chrono::nanoseconds delay, std::function<void()> work) override {
    {
      std::lock_guard lock(mutex_);
      now_ += delay;
      pauses_.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(delay));
    }
    work();
  }

  std::vector<std::chrono::milliseconds> pauses() {
    std::lock_guard lock(mutex_);
    return pauses_;
  }

 private:
  std::mutex mutex_;
  TimePoint now_ = TimePoint(std::chrono::hours(1));
  std::vector<std::chrono::milliseconds> pauses_;
};

}  // namespace avocet

#endif  // AVOCET_TESTS_CLIENT_FAKE_CLOCK_H_
