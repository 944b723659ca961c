#include "tests/onednn/plan_error.h"

#include <utility>
#include <vector>

#include "engine/graph/parameters.h"
#include "tests/onednn/run_plan.h"
#include "tests/reference/golden.h"
#include "tests/reference/interpreter.h"
#include "tests/reference/perturb.h"

namespace avocet {

double PlanError(const Graph& graph, int threads, Precision precision, float perturbation) {
  std::vector<float> images = NamedImages("input", graph.node(0).shape);
  Parameters parameters = NamedParameters(graph);
  const std::vector<double> expected =
      Interpret(graph, parameters, std::vector<double>(images.begin(), images.end()));
  if (parameters.names().empty()) {
    PerturbPixel(perturbation, images);
  } else {
    PerturbWeight(graph, perturbation, parameters);
  }
  const std::vector<double> found =
      RunPlan(graph, std::move(parameters), images, threads, precision);
  return RelativeError(found, std::vector<float>(expected.begin(), expected.end()));
}

}  // namespace avocet
