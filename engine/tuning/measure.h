// Times plans.
#ifndef AVOCET_ENGINE_TUNING_MEASURE_H_
#define AVOCET_ENGINE_TUNING_MEASURE_H_

#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/clock.h"
#include "engine/base/plan.h"
#include "engine/tuning/plan_costs.h"

namespace avocet {

// Compiles plans of 1, 2, 4 and 8 images, as far as `max_batch_size` allows, for one thread, and
// times each by `clock`, best the CPU time of this thread: the fastest of five runs after one that
// is not counted, since disturbances only ever add. Each plan is freed before the next one is made.
// Sizes above one that takes a second are left out: measuring would be long, and waiting for such a
// batch too.
absl::StatusOr<std::vector<BatchCost>> MeasureBatchCosts(const PlanFactory& make_plan,
                                                         int max_batch_size,
                                                         const ClockFunction& clock);

// Whether all threads took so much longer than one that something else must have had a core: a team
// waits for its slowest member at every step. Such times are not worth keeping.
bool WasDisturbed(const LoneCosts& costs);

// Whether `cost` is the last that MeasureBatchCosts takes, however large batches may be.
bool MeasuringEndsAt(const BatchCost& cost);

// Times one image with the plans of each factory on one thread and, if `threads` is more, on
// `threads`, by the wall clock `clock`. All of the plans run in turns, so that what disturbs the
// machine meanwhile disturbs each of them alike; the fastest of up to seven turns counts, of at
// least two where runs take long. Result: one entry a factory; its error if a plan cannot be
// compiled.
std::vector<absl::StatusOr<LoneCosts>> MeasureLoneCosts(std::span<const PlanFactory> factories,
                                                        int threads, const ClockFunction& clock);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TUNING_MEASURE_H_
