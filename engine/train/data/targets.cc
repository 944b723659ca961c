#include "engine/train/data/targets.h"

#include <cstddef>
#include <numeric>

namespace avocet {

std::vector<float> BalancedClassWeights(std::span<const std::int64_t> counts) {
  const auto total =
      static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::int64_t{0}));
  std::vector<float> weights;
  weights.reserve(counts.size());
  for (const std::int64_t count : counts) {
    const double share = static_cast<double>(counts.size()) * static_cast<double>(count);
    weights.push_back(count == 0 ? 0.0f : static_cast<float>(total / share));
  }
  return weights;
}

void AddTarget(int label, float share, float label_smoothing, std::span<float> row) {
  const float everywhere = share * label_smoothing / static_cast<float>(row.size());
  for (float& value : row) value += everywhere;
  row[static_cast<std::size_t>(label)] += share * (1 - label_smoothing);
}

void WeightTargets(std::span<const float> class_weights, std::span<float> targets) {
  if (class_weights.empty()) return;
  for (std::size_t i = 0; i < targets.size(); ++i)
    targets[i] *= class_weights[i % class_weights.size()];
}

}  // namespace avocet
