// One compiled run, from and to NCHW order.
#ifndef AVOCET_TESTS_ONEDNN_RUN_PLAN_H_
#define AVOCET_TESTS_ONEDNN_RUN_PLAN_H_

#include <span>
#include <vector>

#include "engine/graph/graph.h"
#include "engine/graph/parameters.h"
#include "engine/onednn/inference_plan.h"

namespace avocet {

// Compiles `graph` as it is shaped, with the inference passes, and runs it once on `images` [N, C,
// H, W]. Returns the output in NCHW order.
std::vector<double> RunPlan(const Graph& graph, Parameters parameters,
                            std::span<const float> images, int threads,
                            Precision precision = Precision::kFloat32);

// Writes `images` [N, C, H, W] into the plan's input and runs it; `input` and `output` are the
// shapes of its ends.
std::vector<double> RunPlan(InferencePlan& plan, const Shape& input, const Shape& output,
                            std::span<const float> images);

}  // namespace avocet

#endif  // AVOCET_TESTS_ONEDNN_RUN_PLAN_H_
