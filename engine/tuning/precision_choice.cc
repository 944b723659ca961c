#include "engine/tuning/precision_choice.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "engine/base/check.h"

namespace avocet {
namespace {

constexpr double kWorthLessExact = 0.95;

double MeanSeconds(const LoneCosts& costs) {
  // Where all threads together are slower, a lone image runs on one.
  return std::sqrt(Seconds(costs.single) * Seconds(std::min(costs.single, costs.wide)));
}

}  // namespace

Precision FastestPrecision(std::span<const PrecisionCost> costs) {
  AVOCET_CHECK(!costs.empty());
  const PrecisionCost* best = &costs.front();
  for (const PrecisionCost& candidate : costs.subspan(1)) {
    if (MeanSeconds(candidate.costs) <= kWorthLessExact * MeanSeconds(best->costs)) {
      best = &candidate;
    }
  }
  return best->precision;
}

std::string DescribePrecisionCosts(std::span<const PrecisionCost> costs) {
  return absl::StrJoin(costs, ", ", [](std::string* out, const PrecisionCost& cost) {
    absl::StrAppendFormat(out, "%s %.2f ms (%.2f ms on all threads)", PrecisionName(cost.precision),
                          Seconds(cost.costs.single) * 1e3, Seconds(cost.costs.wide) * 1e3);
  });
}

}  // namespace avocet
