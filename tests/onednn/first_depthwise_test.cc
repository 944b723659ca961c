// What a depthwise convolution behind the stem reads is not rounded (engine/onednn/inference_plan).
#include <gtest/gtest.h>

#include <span>
#include <utility>
#include <vector>

#include "engine/graph/builder.h"
#include "engine/onednn/inference_model.h"
#include "tests/onednn/run_plan.h"
#include "tests/reference/golden.h"
#include "tests/reference/interpreter.h"
#include "tests/reference/perturb.h"

namespace avocet {
namespace {

constexpr double kTolerance = 5e-2;  // of the results' standard deviation

// The error of a bfloat16 plan whose filter takes differences of large values that lie close
// together: in bfloat16, nothing would be left of them. One weight of the stem is off by
// `perturbation` (tests/reference/perturb.h).
double ErrorOfDifferences(float perturbation) {
  Builder b({.channels = 3, .height = 12, .width = 12});
  const Value stem = b.Conv("stem", b.input(), {.out_channels = 16, .kernel = 3, .bias = true});
  b.Conv("depthwise", stem, {.out_channels = 16, .kernel = 3, .groups = 16});
  const Graph graph = *std::move(b).Finish();
  Parameters parameters = NamedParameters(graph);
  for (float& value : parameters.Get("stem.bias")) value = 100.0f;
  const std::span<float> filters = parameters.Get("depthwise.weight");
  for (std::size_t i = 0; i < filters.size(); ++i) {
    filters[i] = i % 9 == 4 ? 1.0f : i % 9 == 5 ? -1.0f : 0.0f;
  }
  const std::vector<float> images = NamedImages("input", graph.node(0).shape);
  std::vector<double> expected =
      Interpret(graph, parameters, std::vector<double>(images.begin(), images.end()));
  PerturbWeight(graph, perturbation, parameters);
  std::vector<double> found =
      RunPlan(graph, std::move(parameters), images, 1, Precision::kBFloat16);
  // The last column's neighbour is the padding, so there the difference is large.
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (i % 12 == 11) expected[i] = found[i] = 0;
  }
  return RelativeError(found, std::vector<float>(expected.begin(), expected.end()));
}

TEST(FirstDepthwise, ReadsFloat32InABFloat16Plan) {
  if (!HasBFloat16Instructions()) GTEST_SKIP() << "this CPU has no bfloat16 instructions";
  EXPECT_LT(ErrorOfDifferences(0), kTolerance);
}

// The twin. By half of the stem's largest weight: a filter has 27 terms, and a twentieth of their
// sum is tolerated.
TEST(FirstDepthwise, OnePerturbedWeightIsNoticed) {
  if (!HasBFloat16Instructions()) GTEST_SKIP() << "this CPU has no bfloat16 instructions";
  EXPECT_GT(ErrorOfDifferences(0.5f), kTolerance);
}

}  // namespace
}  // namespace avocet
