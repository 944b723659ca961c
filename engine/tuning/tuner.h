// Choices between ways to compute a network, by measurement, and measured once only.
#ifndef AVOCET_ENGINE_TUNING_TUNER_H_
#define AVOCET_ENGINE_TUNING_TUNER_H_

#include <chrono>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/clock.h"
#include "engine/base/plan.h"
#include "engine/tuning/plan_costs.h"
#include "engine/tuning/precision_choice.h"
#include "engine/tuning/tuning_cache.h"

namespace avocet {

// Thread-safe.
class Tuner {
 public:
  struct Environment {
    TuningCache* cache = nullptr;  // outlives the tuner; null: everything is measured each time
    ClockFunction wall_clock = std::chrono::steady_clock::now;
    ClockFunction cost_clock = ThreadCpuTime;
    // Told what is worth a line in the log, such as a cache that cannot be written.
    std::function<void(const std::string&)> warn = [](const std::string&) {};
  };

  explicit Tuner(Environment environment) : environment_(std::move(environment)) {}

  // One precision that a network may be computed in.
  struct Candidate {
    TuningKey key;
    PlanFactory make_plan;
  };
  struct PrecisionChoice {
    Precision precision = Precision::kFloat32;
    std::vector<PrecisionCost> costs;  // of the candidates that can be compiled
    bool measured = false;             // now, and not found in the cache
  };

  // The fastest of `candidates`, the most exact one first; see FastestPrecision. One that cannot be
  // compiled is left out, with a warning. Error: that of the first one, if none can be compiled.
  absl::StatusOr<PrecisionChoice> ChoosePrecision(std::span<const Candidate> candidates);

  // What batches cost, as MeasureBatchCosts has it, and a lone image.
  absl::StatusOr<std::vector<BatchCost>> BatchCosts(const Candidate& network, int max_batch_size);
  absl::StatusOr<LoneCosts> LoneCostsOf(const Candidate& network);

 private:
  std::optional<PlanCosts> Find(const TuningKey& key) const;
  void Store(const TuningKey& key, const PlanCosts& costs) const;

  const Environment environment_;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_TUNING_TUNER_H_
