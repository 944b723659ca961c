// Labels as rows of probabilities.
#ifndef AVOCET_ENGINE_TRAIN_DATA_TARGETS_H_
#define AVOCET_ENGINE_TRAIN_DATA_TARGETS_H_

#include <cstdint>
#include <span>
#include <vector>

namespace avocet {

struct TargetOptions {
  // Share that is spread evenly over all classes, the right one included (as in PyTorch); [0, 1).
  float label_smoothing = 0;
  // Factors of each class's column, as PyTorch weights its cross-entropy, but without dividing by a
  // batch's sum of weights. Empty: all 1.
  std::vector<float> class_weights;

  bool operator==(const TargetOptions&) const = default;
};

// Weights inverse to how often a class occurs, with mean 1 over the samples: n / (classes *
// counts[i]). A class without samples gets 0.
std::vector<float> BalancedClassWeights(std::span<const std::int64_t> counts);

// Adds `share` of the target of `label` to `row`, [classes]: `share` is 1 for a plain picture,
// lambda and 1 - lambda for a mixed one. Class weights are not applied.
void AddTarget(int label, float share, float label_smoothing, std::span<float> row);

// Multiplies each row of `targets`, [N, classes], by the class weights.
void WeightTargets(std::span<const float> class_weights, std::span<float> targets);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_DATA_TARGETS_H_
