#include "engine/tuning/batch_schedule.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "engine/base/check.h"

namespace avocet {
namespace {

constexpr double kWorthKeeping = 0.95;

// Cheapest ways to run 0..images images with `plans`, which may run with rows to spare.
struct Split {
  std::vector<Duration> cost;  // by number of images
  std::vector<int> first;      // batch size of the first step
};

Split CheapestSplits(std::span<const BatchCost> plans, int images) {
  const size_t count = static_cast<size_t>(images) + 1;
  Split split{std::vector<Duration>(count, Duration::max()), std::vector<int>(count, 0)};
  split.cost[0] = Duration::zero();
  for (size_t n = 1; n < count; ++n) {
    for (const BatchCost& plan : plans) {
      const size_t size = static_cast<size_t>(plan.batch_size);
      const Duration cost = plan.cost + split.cost[n - std::min(n, size)];
      // Ties go to the larger plan: fewer steps.
      if (cost <= split.cost[n]) {
        split.cost[n] = cost;
        split.first[n] = plan.batch_size;
      }
    }
  }
  return split;
}

std::string Milliseconds(double seconds) { return absl::StrFormat("%.2f ms", seconds * 1e3); }

}  // namespace

BatchSchedule BatchSchedule::FromCosts(std::span<const BatchCost> costs) {
  AVOCET_CHECK(!costs.empty() && costs.front().batch_size == 1);
  std::vector<BatchCost> kept = {costs.front()};
  for (const BatchCost& candidate : costs.subspan(1)) {
    AVOCET_CHECK(candidate.batch_size > kept.back().batch_size);
    const Duration without = CheapestSplits(kept, candidate.batch_size).cost.back();
    if (Seconds(candidate.cost) <= kWorthKeeping * Seconds(without)) kept.push_back(candidate);
  }
  BatchSchedule schedule;
  schedule.costs_.assign(costs.begin(), costs.end());
  for (const BatchCost& plan : kept) schedule.sizes_.push_back(plan.batch_size);
  schedule.next_ = CheapestSplits(kept, schedule.largest()).first;
  return schedule;
}

BatchSchedule BatchSchedule::Pinned(std::span<const int> sizes) {
  std::set<int> kept(sizes.begin(), sizes.end());
  kept.insert(1);
  BatchSchedule schedule;
  schedule.sizes_.assign(kept.begin(), kept.end());
  // The fewest runs, of all ways without a row to spare.
  std::vector<BatchCost> costs;
  for (const int size : kept)
    costs.push_back({size, std::chrono::microseconds(size) + Duration(1)});
  schedule.next_ = CheapestSplits(costs, schedule.largest()).first;
  return schedule;
}

int BatchSchedule::Next(int images) const {
  AVOCET_CHECK(images >= 1);
  return next_[static_cast<size_t>(std::min(images, largest()))];
}

std::string BatchSchedule::DebugString() const {
  const auto describe = [](std::string* out, const BatchCost& plan) {
    const double seconds = Seconds(plan.cost);
    absl::StrAppend(out, plan.batch_size, ": ", Milliseconds(seconds));
    if (plan.batch_size > 1) {
      absl::StrAppend(out, " (", Milliseconds(seconds / plan.batch_size), " an image)");
    }
  };
  return absl::StrCat(absl::StrJoin(costs_, ", ", describe), costs_.empty() ? "" : "; ", "keeps ",
                      absl::StrJoin(sizes_, ", "));
}

}  // namespace avocet
