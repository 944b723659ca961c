#include "client/clock.h"

#include <utility>

namespace avocet {

SystemClock::~SystemClock() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void SystemClock::RunAfter(std::chrono::nanoseconds delay, std::function<void()> work) {
  std::lock_guard lock(mutex_);
  timers_.emplace(Now() + delay, std::move(work));
  if (!thread_.joinable()) thread_ = std::thread([this] { RunTimers(); });
  // Under the lock: once it is free, `work` may run and let another thread destroy this clock.
  changed_.notify_all();
}

void SystemClock::RunTimers() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (timers_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const TimePoint due = timers_.begin()->first;
    if (Now() < due) {
      changed_.wait_until(lock, due);
      continue;
    }
    auto timer = timers_.extract(timers_.begin());
    lock.unlock();
    timer.mapped()();
    lock.lock();
  }
}

}  // namespace avocet
