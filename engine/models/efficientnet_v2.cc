// EfficientNetV2 B0 to B3, S, M and L (arXiv 2104.00298; timm/models/efficientnet.py,
// _gen_efficientnetv2_*).
#include <span>
#include <utility>
#include <vector>

#include "engine/models/efficientnet_network.h"

namespace avocet {
namespace {

using Stages = std::vector<EfficientNetStage>;
constexpr auto kConv = EfficientNetBlock::kConv;
constexpr auto kFused = EfficientNetBlock::kFused;
constexpr auto kInverted = EfficientNetBlock::kInverted;

// Columns: expand, kernel, stride, channels, repeats.
Stages BaseStages() {
  return {{kConv, 1, 3, 1, 16, 1},     {kFused, 4, 3, 2, 32, 2},     {kFused, 4, 3, 2, 48, 2},
          {kInverted, 4, 3, 2, 96, 3}, {kInverted, 6, 3, 1, 112, 5}, {kInverted, 6, 3, 2, 192, 8}};
}
Stages SmallStages() {
  return {{kConv, 1, 3, 1, 24, 2},      {kFused, 4, 3, 2, 48, 4},
          {kFused, 4, 3, 2, 64, 4},     {kInverted, 4, 3, 2, 128, 6},
          {kInverted, 6, 3, 1, 160, 9}, {kInverted, 6, 3, 2, 256, 15}};
}
Stages MediumStages() {
  return {{kConv, 1, 3, 1, 24, 3},       {kFused, 4, 3, 2, 48, 5},
          {kFused, 4, 3, 2, 80, 5},      {kInverted, 4, 3, 2, 160, 7},
          {kInverted, 6, 3, 1, 176, 14}, {kInverted, 6, 3, 2, 304, 18},
          {kInverted, 6, 3, 1, 512, 5}};
}
Stages LargeStages() {
  return {{kConv, 1, 3, 1, 32, 4},       {kFused, 4, 3, 2, 64, 7},
          {kFused, 4, 3, 2, 96, 7},      {kInverted, 4, 3, 2, 192, 10},
          {kInverted, 6, 3, 1, 224, 19}, {kInverted, 6, 3, 2, 384, 25},
          {kInverted, 6, 3, 1, 640, 7}};
}

constexpr int kHeadChannels = 1280;

// B0 to B3 scale one table, and round channels to the nearest multiple of 8 even where that loses
// more than a tenth.
template <int kIndex>
absl::StatusOr<Graph> Base(const BuildOptions& options) {
  static constexpr double kWidth[] = {1.0, 1.0, 1.1, 1.2};
  static constexpr double kDepth[] = {1.0, 1.1, 1.2, 1.4};
  constexpr int kStemChannels = 32;
  const auto round = [](int channels) {
    return RoundChannels(channels, kWidth[kIndex], /*keep_ninety_percent=*/false);
  };
  Stages stages = BaseStages();
  for (EfficientNetStage& stage : stages) {
    stage.channels = round(stage.channels);
    stage.repeats = ScaleDepth(stage.repeats, kDepth[kIndex]);
  }
  return BuildEfficientNet(
      {round(kStemChannels), round(kHeadChannels), std::move(stages), TensorFlowStyle({})},
      options);
}

template <Stages (*kStages)(), int kStemChannels>
absl::StatusOr<Graph> Sized(const BuildOptions& options) {
  return BuildEfficientNet({kStemChannels, kHeadChannels, kStages(), TensorFlowStyle({})}, options);
}

constexpr Backbone kFamily[] = {
    {"tf_efficientnetv2_b0", 192, Base<0>},
    {"tf_efficientnetv2_b1", 192, Base<1>},
    {"tf_efficientnetv2_b2", 208, Base<2>},
    {"tf_efficientnetv2_b3", 240, Base<3>},
    {"tf_efficientnetv2_s", 300, Sized<SmallStages, 24>},
    {"tf_efficientnetv2_m", 384, Sized<MediumStages, 24>},
    {"tf_efficientnetv2_l", 384, Sized<LargeStages, 32>},
};

}  // namespace

std::span<const Backbone> EfficientNetV2() { return kFamily; }

}  // namespace avocet
