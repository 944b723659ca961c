// EfficientNet B0 to B7 (arXiv 1905.11946; timm/models/efficientnet.py, _gen_efficientnet).
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
constexpr Scaling kB[] = {{1.0, 1.0}, {1.0, 1.1}, {1.1, 1.2}, {1.2, 1.4},
                          {1.4, 1.8}, {1.6, 2.2}, {1.8, 2.6}, {2.0, 3.1}};

EfficientNetDefinition Scale(const Scaling& scaling, const EfficientNetStyle& style) {
  std::vector<EfficientNetStage> stages(std::begin(kStages), std::end(kStages));
  for (EfficientNetStage& stage : stages) {
    stage.channels = RoundChannels(stage.channels, scaling.width);
    stage.repeats = ScaleDepth(stage.repeats, scaling.depth);
  }
  return {RoundChannels(kStemChannels, scaling.width), RoundChannels(kHeadChannels, scaling.width),
          std::move(stages), style};
}

template <int kIndex>
absl::StatusOr<Graph> Native(const BuildOptions& options) {
  return BuildEfficientNet(Scale(kB[kIndex], {}), options);
}

template <int kIndex>
absl::StatusOr<Graph> TensorFlow(const BuildOptions& options) {
  return BuildEfficientNet(Scale(kB[kIndex], TensorFlowStyle({})), options);
}

constexpr Backbone kFamily[] = {
    {"efficientnet_b0", 224, Native<0>},        {"efficientnet_b1", 240, Native<1>},
    {"efficientnet_b2", 260, Native<2>},        {"efficientnet_b3", 300, Native<3>},
    {"efficientnet_b4", 380, Native<4>},        {"efficientnet_b5", 456, Native<5>},
    {"efficientnet_b6", 528, Native<6>},        {"efficientnet_b7", 600, Native<7>},
    {"tf_efficientnet_b0", 224, TensorFlow<0>}, {"tf_efficientnet_b1", 240, TensorFlow<1>},
    {"tf_efficientnet_b2", 260, TensorFlow<2>}, {"tf_efficientnet_b3", 300, TensorFlow<3>},
    {"tf_efficientnet_b4", 380, TensorFlow<4>}, {"tf_efficientnet_b5", 456, TensorFlow<5>},
    {"tf_efficientnet_b6", 528, TensorFlow<6>}, {"tf_efficientnet_b7", 600, TensorFlow<7>},
};

}  // namespace

std::span<const Backbone> EfficientNet() { return kFamily; }

}  // namespace avocet
