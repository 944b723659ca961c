#include "engine/tuning/tuner.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status.h"
#include "engine/tuning/measure.h"

namespace avocet {

std::optional<PlanCosts> Tuner::Find(const TuningKey& key) const {
  if (environment_.cache == nullptr) return std::nullopt;
  return environment_.cache->Find(key);
}

void Tuner::Store(const TuningKey& key, const PlanCosts& costs) const {
  if (environment_.cache == nullptr || (costs.lone && WasDisturbed(*costs.lone))) return;
  if (const absl::Status status = environment_.cache->Store(key, costs); !status.ok()) {
    environment_.warn(
        absl::StrCat("the tuning cache is not written: ", std::string(status.message())));
  }
}

absl::StatusOr<Tuner::PrecisionChoice> Tuner::ChoosePrecision(
    std::span<const Candidate> candidates) {
  AVOCET_CHECK(!candidates.empty());
  PrecisionChoice choice;
  for (const Candidate& candidate : candidates) {
    const std::optional<PlanCosts> known = Find(candidate.key);
    if (!known || !known->lone) break;
    choice.costs.push_back({candidate.key.precision, *known->lone});
  }
  // Costs of different days do not compare: all of them are known, or all are measured side by
  // side.
  if (choice.costs.size() < candidates.size()) {
    choice.costs.clear();
    choice.measured = true;
    std::vector<PlanFactory> factories;
    for (const Candidate& candidate : candidates) factories.push_back(candidate.make_plan);
    const std::vector<absl::StatusOr<LoneCosts>> measured =
        MeasureLoneCosts(factories, candidates.front().key.threads, environment_.wall_clock);
    for (size_t i = 0; i < candidates.size(); ++i) {
      const TuningKey& key = candidates[i].key;
      if (measured[i].ok()) {
        Store(key, {.lone = *measured[i], .batches = {}});
        choice.costs.push_back({key.precision, *measured[i]});
      } else {
        environment_.warn(absl::StrCat(key.network, " cannot be computed in ",
                                       std::string(PrecisionName(key.precision)), ": ",
                                       std::string(measured[i].status().message())));
      }
    }
    if (choice.costs.empty()) return measured.front().status();
  }
  choice.precision = FastestPrecision(choice.costs);
  return choice;
}

absl::StatusOr<std::vector<BatchCost>> Tuner::BatchCosts(const Candidate& network,
                                                         int max_batch_size) {
  if (std::optional<PlanCosts> known = Find(network.key); known && !known->batches.empty()) {
    std::vector<BatchCost>& batches = known->batches;
    // A longer measurement answers for a shorter one. One that ended early, since batches became
    // too slow, ends there again.
    const bool complete =
        batches.back().batch_size * 2 > max_batch_size || MeasuringEndsAt(batches.back());
    if (complete) {
      std::erase_if(batches,
                    [&](const BatchCost& cost) { return cost.batch_size > max_batch_size; });
      return batches;
    }
  }
  ASSIGN_OR_RETURN(std::vector<BatchCost> batches,
                   MeasureBatchCosts(network.make_plan, max_batch_size, environment_.cost_clock));
  Store(network.key, {.lone = std::nullopt, .batches = batches});
  return batches;
}

absl::StatusOr<LoneCosts> Tuner::LoneCostsOf(const Candidate& network) {
  if (const std::optional<PlanCosts> known = Find(network.key); known && known->lone) {
    return *known->lone;
  }
  const PlanFactory factories[] = {network.make_plan};
  absl::StatusOr<LoneCosts> measured =
      MeasureLoneCosts(factories, network.key.threads, environment_.wall_clock).front();
  if (measured.ok()) Store(network.key, {.lone = *measured, .batches = {}});
  return measured;
}

}  // namespace avocet
