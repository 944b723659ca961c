// In which numbers a network is computed, where there is a choice.
#ifndef AVOCET_ENGINE_TUNING_PRECISION_CHOICE_H_
#define AVOCET_ENGINE_TUNING_PRECISION_CHOICE_H_

#include <span>
#include <string>

#include "engine/tuning/plan_costs.h"

namespace avocet {

struct PrecisionCost {
  Precision precision = Precision::kFloat32;
  LoneCosts costs;
};

// The fastest by the geometric mean of both times: one thread is what counts under load, all of
// them for a lone image. `costs` begins with the most exact precision; each less exact one must be
// at least 5 % faster than the best before it, since a tie is not worth any difference in answers.
Precision FastestPrecision(std::span<const PrecisionCost> costs);

// For the log: "float32 9.16 ms (5.02 ms on all threads), bfloat16 6.10 ms (3.50 ms on ...)".
std::string DescribePrecisionCosts(std::span<const PrecisionCost> costs);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TUNING_PRECISION_CHOICE_H_
