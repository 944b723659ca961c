// Where plans wait that were made for an executor on another thread.
#ifndef AVOCET_SERVER_PLAN_INBOX_H_
#define AVOCET_SERVER_PLAN_INBOX_H_

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "server/model_plans.h"
#include "server/served_model.h"

namespace avocet {

struct PlanDelivery {
  std::weak_ptr<const ServedModel> model;  // which may go meanwhile
  ModelPlans plans;
};

// Of one executor. Thread-safe.
class PlanInbox {
 public:
  void Put(PlanDelivery delivery) {
    const std::lock_guard lock(mutex_);
    deliveries_.push_back(std::move(delivery));
    empty_ = false;
  }

  // All that came since the last call, in order. Cheap while nothing comes.
  std::vector<PlanDelivery> TakeAll() {
    if (empty_) return {};
    const std::lock_guard lock(mutex_);
    empty_ = true;
    return std::exchange(deliveries_, {});
  }

 private:
  std::atomic<bool> empty_ = true;
  std::mutex mutex_;  // guards deliveries_
  std::vector<PlanDelivery> deliveries_;
};

}  // namespace avocet

#endif  // AVOCET_SERVER_PLAN_INBOX_H_
