// Which plans of a model are worth having.
#ifndef AVOCET_SERVER_PLAN_CHOICE_H_
#define AVOCET_SERVER_PLAN_CHOICE_H_

#include <string>

#include "absl/status/statusor.h"
#include "engine/tuning/batch_schedule.h"
#include "engine/tuning/tuner.h"
#include "server/plan_policy.h"

namespace avocet {

struct PlanChoice {
  BatchSchedule schedule;
  int wide_threads = 1;  // of the plan for a lone image; 1: there need be none

  // For the log.
  std::string DebugString() const;
};

// What `policy` pins, and the rest by what `tuner` measures or remembers. A plan for a lone image
// has `wide_threads`, or is left out. Errors: those of plans that cannot be compiled.
absl::StatusOr<PlanChoice> ChoosePlans(const PlanPolicy& policy, int wide_threads,
                                       const Tuner::Candidate& network, Tuner& tuner);

}  // namespace avocet

#endif  // AVOCET_SERVER_PLAN_CHOICE_H_
