// A whole network of the EfficientNet family, from its table.
#ifndef AVOCET_ENGINE_MODELS_EFFICIENTNET_NETWORK_H_
#define AVOCET_ENGINE_MODELS_EFFICIENTNET_NETWORK_H_

#include <span>
#include <vector>

#include "engine/models/backbone.h"
#include "engine/models/efficientnet_blocks.h"

namespace avocet {

struct EfficientNetDefinition {
  int stem_channels;
  int head_channels;
  std::vector<EfficientNetStage> stages;
  EfficientNetStyle style;
};

// The style of weights that TensorFlow trained (timm's `tf_` networks): padding at the far side,
// epsilon 1e-3.
EfficientNetStyle TensorFlowStyle(EfficientNetStyle style);

// Channels scaled and brought to a multiple of 8; where `keep_ninety_percent`, to the next one if
// that lost more than a tenth (timm's make_divisible with round_limit 0.9).
int RoundChannels(int channels, double multiplier, bool keep_ninety_percent = true);

// Blocks of a stage in a deeper network.
int ScaleDepth(int repeats, double multiplier);

// Stem, stages, head, pooling, classifier.
absl::StatusOr<Graph> BuildEfficientNet(const EfficientNetDefinition& definition,
                                        const BuildOptions& options);

}  // namespace avocet

#endif  // AVOCET_ENGINE_MODELS_EFFICIENTNET_NETWORK_H_
