#include "engine/tuning/measure.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>

#include "engine/base/status.h"

namespace avocet {
namespace {

constexpr std::array kBatchSizes = {1, 2, 4, 8};
constexpr int kTimedRuns = 5;
constexpr Duration kLongestBatch = std::chrono::seconds(1);
constexpr int kMostTurns = 7;
constexpr int kLeastTurns = 2;
// No further turn begins after this time, so that slow networks start in seconds, not in minutes.
constexpr Duration kTurnsTime = std::chrono::milliseconds(500);

// One plan, and its fastest run so far.
struct Timed {
  std::unique_ptr<Plan> plan;
  Duration fastest = Duration::max();

  void Run(const ClockFunction& clock) {
    const TimePoint start = clock();
    plan->Run();
    fastest = std::min(fastest, clock() - start);
  }
};

absl::StatusOr<Timed> MakeTimed(const PlanFactory& make_plan, int batch_size, int threads) {
  Timed timed;
  ASSIGN_OR_RETURN(timed.plan, make_plan(batch_size, threads));
  std::ranges::fill(timed.plan->input(), 0.5f);
  timed.plan->Run();  // the first run touches memory for the first time
  return timed;
}

// Of one factory: the plan for one thread, and the wide one if there is any.
using Contestant = absl::StatusOr<std::vector<Timed>>;

Contestant Enter(const PlanFactory& make_plan, int threads) {
  std::vector<Timed> plans;
  ASSIGN_OR_RETURN(Timed single, MakeTimed(make_plan, /*batch_size=*/1, /*threads=*/1));
  plans.push_back(std::move(single));
  if (threads > 1) {
    ASSIGN_OR_RETURN(Timed wide, MakeTimed(make_plan, /*batch_size=*/1, threads));
    plans.push_back(std::move(wide));
  }
  return plans;
}

}  // namespace

absl::StatusOr<std::vector<BatchCost>> MeasureBatchCosts(const PlanFactory& make_plan,
                                                         int max_batch_size,
                                                         const ClockFunction& clock) {
  std::vector<BatchCost> costs;
  for (const int size : kBatchSizes) {
    if (size > max_batch_size || (!costs.empty() && MeasuringEndsAt(costs.back()))) break;
    ASSIGN_OR_RETURN(Timed timed, MakeTimed(make_plan, size, /*threads=*/1));
    for (int i = 0; i < kTimedRuns; ++i) timed.Run(clock);
    costs.push_back({size, timed.fastest});
  }
  return costs;
}

bool WasDisturbed(const LoneCosts& costs) {
  constexpr int kImplausible = 2;
  return costs.wide > kImplausible * costs.single;
}

bool MeasuringEndsAt(const BatchCost& cost) {
  return cost.cost > kLongestBatch || cost.batch_size >= kBatchSizes.back();
}

std::vector<absl::StatusOr<LoneCosts>> MeasureLoneCosts(std::span<const PlanFactory> factories,
                                                        int threads, const ClockFunction& clock) {
  std::vector<Contestant> contestants;
  for (const PlanFactory& make_plan : factories) contestants.push_back(Enter(make_plan, threads));
  const TimePoint start = clock();
  for (int turn = 0; turn < kMostTurns; ++turn) {
    if (turn >= kLeastTurns && clock() - start > kTurnsTime) break;
    for (Contestant& contestant : contestants) {
      if (!contestant.ok()) continue;
      for (Timed& timed : *contestant) timed.Run(clock);
    }
  }
  std::vector<absl::StatusOr<LoneCosts>> costs;
  for (const Contestant& contestant : contestants) {
    if (contestant.ok()) {
      costs.push_back(
          LoneCosts{.single = contestant->front().fastest, .wide = contestant->back().fastest});
    } else {
      costs.push_back(contestant.status());
    }
  }
  return costs;
}

}  // namespace avocet
