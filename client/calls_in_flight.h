// The calls of one Classifier that have not ended, so that its destructor can end them.
#ifndef AVOCET_CLIENT_CALLS_IN_FLIGHT_H_
#define AVOCET_CLIENT_CALLS_IN_FLIGHT_H_

#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <vector>

#include "client/retrying_call.h"

namespace avocet {

// Thread-safe.
class CallsInFlight {
 public:
  void Add(std::shared_ptr<CancellableCall> call) {
    std::lock_guard lock(mutex_);
    calls_.insert(std::move(call));
  }

  // Notifies under the lock: after the last removal the waiting owner may destroy this object.
  void Remove(const std::shared_ptr<CancellableCall>& call) {
    std::lock_guard lock(mutex_);
    calls_.erase(call);
    removed_.notify_all();
  }

  void CancelAndWait() {
    std::unique_lock lock(mutex_);
    const std::vector<std::shared_ptr<CancellableCall>> calls(calls_.begin(), calls_.end());
    lock.unlock();
    for (const auto& call : calls) call->Cancel();
    lock.lock();
    removed_.wait(lock, [this] { return calls_.empty(); });
  }

 private:
  std::mutex mutex_;
  std::condition_variable removed_;
  std::set<std::shared_ptr<CancellableCall>> calls_;
};

}  // namespace avocet

#endif  // AVOCET_CLIENT_CALLS_IN_FLIGHT_H_
