// Where in a network each parameter is: for freezing and for learning rates by depth.
#ifndef AVOCET_ENGINE_TRAIN_OPTIM_PARAMETER_LAYERS_H_
#define AVOCET_ENGINE_TRAIN_OPTIM_PARAMETER_LAYERS_H_

#include <set>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/graph/graph.h"
#include "engine/train/optim/optimizer.h"

namespace avocet {

struct ParameterLayer {
  std::string parameter;
  int stage;  // 0: the stem; blocks from 1; then what follows the last stage
  int layer;  // the same, block by block; the classifier's is the one above all others
  bool head;  // of the classifier: the last Linear
};

// One entry a parameter, in the order of GraphParameters. Read off timm's names ("blocks.1.0.",
// "stages.2.blocks.3.", "layer1.0."); a network without such names has a stage for every operator.
std::vector<ParameterLayer> ParameterLayers(const Graph& graph);

// How many stages follow the stem; what lies between the last and the classifier is one more.
int StageCount(std::span<const ParameterLayer> layers);

// All parameters but the classifier's.
std::set<std::string> BackboneParameters(std::span<const ParameterLayer> layers);
// Those of the stem and the first `stages` stages. INVALID_ARGUMENT if there are not that many.
absl::StatusOr<std::set<std::string>> FirstStages(std::span<const ParameterLayer> layers,
                                                  int stages);

// Factors on the learning rate.
struct RateFactors {
  double head = 1.0;
  double backbone = 1.0;
  double layer_decay =
      1.0;  // for every layer that lies above, the classifier's too; on top of both

  bool operator==(const RateFactors&) const = default;
};

// Sets rate_factor of every parameter.
void SetRateFactors(std::span<const ParameterLayer> layers, const RateFactors& factors,
                    std::vector<TrainedParameter>& trained);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_OPTIM_PARAMETER_LAYERS_H_
