// Many calls at once, their results in the order of the calls.
#ifndef AVOCET_CLIENT_PIPELINE_H_
#define AVOCET_CLIENT_PIPELINE_H_

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

#include "engine/base/check.h"

namespace avocet {

// A window over a sequence of results of which at most `capacity` are open or waiting to be taken:
// what bounds both the calls in flight and the memory of a client that sends faster than it is
// answered. One thread opens and takes; any thread fills.
//
//   while (window.full()) Print(window.Take());
//   classifier.ClassifyAsync(Read(file), {}, window.Open());
template <typename T>
class Pipeline {
 public:
  explicit Pipeline(size_t capacity) : capacity_(capacity) { AVOCET_CHECK(capacity > 0); }

  bool full() const { return size() == capacity_; }
  bool empty() const { return size() == 0; }

  // Adds a place at the end, to be filled by the one call of the returned function. Not when
  // full().
  std::function<void(T)> Open() {
    std::lock_guard lock(mutex_);
    AVOCET_CHECK(places_.size() < capacity_);
    // Addresses of a deque's elements survive growth at its end and removal at its front.
    std::optional<T>* place = &places_.emplace_back();
    return [this, place](T value) {
      std::lock_guard filling(mutex_);
      AVOCET_CHECK(!place->has_value());
      place->emplace(std::move(value));
      filled_.notify_all();
    };
  }

  // The oldest result; waits until it is there. Not when empty().
  T Take() {
    std::unique_lock lock(mutex_);
    AVOCET_CHECK(!places_.empty());
    filled_.wait(lock, [this] { return places_.front().has_value(); });
    return Pop();
  }

  // The oldest result if it is there.
  std::optional<T> TryTake() {
    std::lock_guard lock(mutex_);
    if (places_.empty() || !places_.front().has_value()) return std::nullopt;
    return Pop();
  }

 private:
  size_t size() const {
    std::lock_guard lock(mutex_);
    return places_.size();
  }

  T Pop() {
    T value = *std::move(places_.front());
    places_.pop_front();
    return value;
  }

  const size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<std::optional<T>> places_;
};

}  // namespace avocet

#endif  // AVOCET_CLIENT_PIPELINE_H_
