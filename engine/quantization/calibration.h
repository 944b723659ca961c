// What a network's activations look like.
#ifndef AVOCET_ENGINE_QUANTIZATION_CALIBRATION_H_
#define AVOCET_ENGINE_QUANTIZATION_CALIBRATION_H_

#include <map>
#include <span>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/graph/graph.h"
#include "engine/quantization/histogram.h"

namespace avocet {

class InferencePlan;

// Of one node's result.
struct ActivationStatistics {
  Histogram histogram;
  std::vector<double> channel_means;
};

// By the node's name.
using Statistics = std::map<std::string, ActivationStatistics>;

// Runs `plan`, of float32 and one image, on each of `images` ([H, W, C], normalised) and collects
// the results that QuantizableResults of `graph` names. INVALID_ARGUMENT if an activation is not
// finite.
absl::StatusOr<Statistics> CollectStatistics(const Graph& graph, InferencePlan& plan,
                                             std::span<const std::vector<float>> images);

}  // namespace avocet

#endif  // AVOCET_ENGINE_QUANTIZATION_CALIBRATION_H_
