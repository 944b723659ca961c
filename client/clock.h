// Time as the client library sees it, so that tests can put their own in its place.
#ifndef AVOCET_CLIENT_CLOCK_H_
#define AVOCET_CLIENT_CLOCK_H_

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace avocet {

// Thread-safe.
class Clock {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  virtual ~Clock() = default;

  virtual TimePoint Now() = 0;
  // Runs `work` once on some thread when `delay` has passed; never when the clock is destroyed
  // before.
  virtual void RunAfter(std::chrono::nanoseconds delay, std::function<void()> work) = 0;
};

// The monotonic clock, with one thread that starts with the first timer.
class SystemClock final : public Clock {
 public:
  SystemClock() = default;
  SystemClock(const SystemClock&) = delete;
  SystemClock& operator=(const SystemClock&) = delete;
  ~SystemClock() override;

  TimePoint Now() override { return std::chrono::steady_clock::now(); }
  void RunAfter(std::chrono::nanoseconds delay, std::function<void()> work) override;

 private:
  void RunTimers();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::multimap<TimePoint, std::function<void()>> timers_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace avocet

#endif  // AVOCET_CLIENT_CLOCK_H_
