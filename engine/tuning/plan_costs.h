// What plans of a network cost: what is measured, kept in the cache, and decided upon.
#ifndef AVOCET_ENGINE_TUNING_PLAN_COSTS_H_
#define AVOCET_ENGINE_TUNING_PLAN_COSTS_H_

#include <optional>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/precision.h"

namespace avocet {

// How long a lone image takes by the wall clock: on one thread, and on all.
struct LoneCosts {
  Duration single{};
  Duration wide{};  // the same as `single` where there is one thread only
  bool operator==(const LoneCosts&) const = default;
};

// How long the network takes for `batch_size` images together, on one thread.
struct BatchCost {
  int batch_size = 0;
  Duration cost{};
  bool operator==(const BatchCost&) const = default;
};

// What has been measured so far.
struct PlanCosts {
  std::optional<LoneCosts> lone;
  std::vector<BatchCost> batches;  // sorted by size, the first of 1 image
  bool operator==(const PlanCosts&) const = default;
};

// What the costs of a plan depend on.
struct TuningKey {
  std::string cpu;      // CpuModelName()
  std::string engine;   // whose code is timed, and for which instructions: EngineVersion()
  std::string network;  // timm's name
  std::string variant;  // of the network, if not the plain one: the layers that are in 8 bits
  int height = 0;
  int width = 0;
  Precision precision = Precision::kFloat32;
  int threads = 1;  // of the wide plan
  bool operator==(const TuningKey&) const = default;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_TUNING_PLAN_COSTS_H_
