#include "tests/reference/perturb.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "engine/graph/parameter_spec.h"

namespace avocet {

void PerturbWeight(const Graph& graph, float share, Parameters& parameters) {
  const ParameterSpec spec = GraphParameters(graph).front();
  std::size_t taps = 1;
  for (std::size_t i = 2; i < spec.shape.size(); ++i) {
    taps *= static_cast<std::size_t>(spec.shape[i]);
  }
  const std::span<float> weights = parameters.Get(spec.name);
  float largest = 0;
  for (const float weight : weights) largest = std::max(largest, std::abs(weight));
  weights[taps / 2] += share * largest;
}

void PerturbPixel(float share, std::span<float> images) {
  float& largest = *std::ranges::max_element(images);
  largest += share * largest;
}

}  // namespace avocet
