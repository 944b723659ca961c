// A compiled plan against the double-precision reference.
#ifndef AVOCET_TESTS_ONEDNN_PLAN_ERROR_H_
#define AVOCET_TESTS_ONEDNN_PLAN_ERROR_H_

#include "engine/graph/graph.h"
#include "engine/onednn/inference_plan.h"

namespace avocet {

// The largest error of a plan of `graph`, with parameters and images by their names, in standard
// deviations of the results. For twins, one weight of the plan, or one pixel where there are no
// weights, is off by `perturbation` (tests/reference/perturb.h).
double PlanError(const Graph& graph, int threads, Precision precision, float perturbation = 0);

}  // namespace avocet

#endif  // AVOCET_TESTS_ONEDNN_PLAN_ERROR_H_
