// The threads that classify.
#ifndef AVOCET_SERVER_EXECUTOR_POOL_H_
#define AVOCET_SERVER_EXECUTOR_POOL_H_

#include <memory>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/tuning/tuner.h"
#include "server/executor.h"
#include "server/plan_builder.h"
#include "server/plan_policy.h"

namespace avocet {

// As many executors as the queue was made for, each on a thread of its own.
class ExecutorPool {
 public:
  // Starts the executors and returns when each of them has compiled a plan of every model. What
  // more `policy` wants of plans follows while they serve. `environment` and `tuner` outlive the
  // pool. On error the queue is closed, and what it holds is answered with UNAVAILABLE.
  static absl::StatusOr<std::unique_ptr<ExecutorPool>> Start(
      const Executor::Environment& environment, const PlanPolicy& policy, Tuner& tuner);

  // Closes the queue and waits until what it holds is answered.
  ~ExecutorPool();

  // Waits until all plans are there that the policy wants.
  void WaitForAllPlans() { builder_->WaitUntilIdle(); }

 private:
  explicit ExecutorPool(ImageQueue& queue) : queue_(queue) {}

  ImageQueue& queue_;
  std::vector<std::shared_ptr<PlanInbox>> inboxes_;  // one an executor
  std::vector<std::jthread> threads_;
  std::unique_ptr<PlanBuilder> builder_;
};

}  // namespace avocet

#endif  // AVOCET_SERVER_EXECUTOR_POOL_H_
