// Makes the plans that serving can begin without.
#ifndef AVOCET_SERVER_PLAN_BUILDER_H_
#define AVOCET_SERVER_PLAN_BUILDER_H_

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <stop_token>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "engine/tuning/tuner.h"
#include "server/plan_inbox.h"
#include "server/plan_policy.h"
#include "server/served_model.h"

namespace avocet {

// Measures which plans are worth having, compiles them for each executor and puts them into its
// inbox, on a thread of its own at the lowest priority: no request ever waits for it. What cannot
// be compiled is a warning in the log, since single images run all the same. Thread-safe.
class PlanBuilder {
 public:
  // `wide_threads`: of the plan for a lone image. `tuner` outlives the builder. `delivered` is
  // called when there is something in the inboxes.
  PlanBuilder(PlanPolicy policy, int wide_threads, Tuner& tuner,
              std::vector<std::shared_ptr<PlanInbox>> inboxes, std::function<void()> delivered);
  // Ends after the plan at hand.
  ~PlanBuilder();

  void Enqueue(std::shared_ptr<const ServedModel> model);
  // Waits until everything enqueued before is in the inboxes.
  void WaitUntilIdle();

 private:
  void Work(const std::stop_token& stop);
  absl::Status Build(const std::shared_ptr<const ServedModel>& model, const std::stop_token& stop);
  const PlanPolicy policy_;
  const int wide_threads_;
  Tuner& tuner_;
  const std::vector<std::shared_ptr<PlanInbox>> inboxes_;
  const std::function<void()> delivered_;
  std::mutex mutex_;  // guards models_
  std::condition_variable_any changed_;
  std::deque<std::shared_ptr<const ServedModel>> models_;  // the first one is being worked on
  std::jthread thread_;
};

}  // namespace avocet

#endif  // AVOCET_SERVER_PLAN_BUILDER_H_
