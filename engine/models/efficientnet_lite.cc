// EfficientNet-Lite 0 to 4: EfficientNet without squeeze-and-excite, with ReLU6, and a stem and a
// head that do not grow with the network (github.com/tensorflow/tpu,
// models/official/efficientnet/lite; timm/models/efficientnet.py, _gen_efficientnet_lite).
#include <iterator>
#include <span>
#include <vector>

#include "engine/models/efficientnet_network.h"

namespace avocet {
namespace {

constexpr int kStemChannels = 32;
constexpr int kHeadChannels = 1280;

constexpr auto kInverted = EfficientNetBlock::kInverted;
//                                                   expand kernel stride channels repeats
constexpr EfficientNetStage kStages[] = {{kInverted, 1, 3, 1, 16, 1},   //
                                         {kInverted, 6, 3, 2, 24, 2},   //
                                         {kInverted, 6, 5, 2, 40, 2},   //
                                         {kInverted, 6, 3, 2, 80, 3},   //
                                         {kInverted, 6, 5, 1, 112, 3},  //
                                         {kInverted, 6, 5, 2, 192, 4},  //
                                         {kInverted, 6, 3, 1, 320, 1}};

struct Scaling {
  double width;
  double depth;
};
constexpr Scaling kLite[] = {{1.0, 1.0}, {1.0, 1.1}, {1.1, 1.2}, {1.2, 1.4}, {1.4, 1.8}};

constexpr EfficientNetStyle kStyle = {.activation = ActivationKind::kRelu6,
                                      .squeeze_excite = false};

// The first and the last stage keep their depth.
std::vector<EfficientNetStage> ScaleStages(const Scaling& scaling) {
  std::vector<EfficientNetStage> stages(std::begin(kStages), std::end(kStages));
  for (std::size_t s = 0; s < stages.size(); ++s) {
    stages[s].channels = RoundChannels(stages[s].channels, scaling.width);
    if (s != 0 && s + 1 != stages.size()) {
      stages[s].repeats = ScaleDepth(stages[s].repeats, scaling.depth);
    }
  }
  return stages;
}

template <int kIndex>
absl::StatusOr<Graph> Native(const BuildOptions& options) {
  return BuildEfficientNet({kStemChannels, kHeadChannels, ScaleStages(kLite[kIndex]), kStyle},
                           options);
}

template <int kIndex>
absl::StatusOr<Graph> TensorFlow(const BuildOptions& options) {
  return BuildEfficientNet(
      {kStemChannels, kHeadChannels, ScaleStages(kLite[kIndex]), TensorFlowStyle(kStyle)}, options);
}

constexpr Backbone kFamily[] = {
    {"efficientnet_lite0", 224, Native<0>},        {"efficientnet_lite1", 240, Native<1>},
    {"efficientnet_lite2", 260, Native<2>},        {"efficientnet_lite3", 300, Native<3>},
    {"efficientnet_lite4", 380, Native<4>},        {"tf_efficientnet_lite0", 224, TensorFlow<0>},
    {"tf_efficientnet_lite1", 240, TensorFlow<1>}, {"tf_efficientnet_lite2", 260, TensorFlow<2>},
    {"tf_efficientnet_lite3", 300, TensorFlow<3>}, {"tf_efficientnet_lite4", 380, TensorFlow<4>},
};

}  // namespace

std::span<const Backbone> EfficientNetLite() { return kFamily; }

}  // namespace avocet
