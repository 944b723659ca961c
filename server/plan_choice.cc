#include "server/plan_choice.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace avocet {
namespace {

// All cores for one image are worth it when it is done sooner by as much as a batch must save.
constexpr double kWorthAllCores = 0.95;

absl::StatusOr<BatchSchedule> ChooseSchedule(const PlanPolicy& policy,
                                             const Tuner::Candidate& network, Tuner& tuner) {
  if (!policy.batch_sizes.empty()) return BatchSchedule::Pinned(policy.batch_sizes);
  ASSIGN_OR_RETURN(const std::vector<BatchCost> costs,
                   tuner.BatchCosts(network, policy.max_batch_size));
  return BatchSchedule::FromCosts(costs);
}

absl::StatusOr<int> ChooseWideThreads(const PlanPolicy& policy, int wide_threads,
                                      const Tuner::Candidate& network, Tuner& tuner) {
  if (policy.lone_image == LoneImage::kSingle) return 1;
  if (policy.lone_image == LoneImage::kWide || wide_threads == 1) return wide_threads;
  Tuner::Candidate on_all_cores = network;
  on_all_cores.key.threads = wide_threads;
  ASSIGN_OR_RETURN(const LoneCosts costs, tuner.LoneCostsOf(on_all_cores));
  return Seconds(costs.wide) <= kWorthAllCores * Seconds(costs.single) ? wide_threads : 1;
}

}  // namespace

std::string PlanChoice::DebugString() const {
  return absl::StrCat("batches on one thread: ", schedule.DebugString(), "; a lone image runs on ",
                      wide_threads, wide_threads == 1 ? " thread" : " threads");
}

absl::StatusOr<PlanChoice> ChoosePlans(const PlanPolicy& policy, int wide_threads,
                                       const Tuner::Candidate& network, Tuner& tuner) {
  ASSIGN_OR_RETURN(BatchSchedule schedule, ChooseSchedule(policy, network, tuner));
  ASSIGN_OR_RETURN(const int threads, ChooseWideThreads(policy, wide_threads, network, tuner));
  return PlanChoice{std::move(schedule), threads};
}

}  // namespace avocet
