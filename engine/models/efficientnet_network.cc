#include "engine/models/efficientnet_network.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace avocet {

EfficientNetStyle TensorFlowStyle(EfficientNetStyle style) {
  style.padding = Padding::kSame;
  style.epsilon = 1e-3f;
  return style;
}

int RoundChannels(int channels, double multiplier, bool keep_ninety_percent) {
  constexpr int kDivisor = 8;
  constexpr double kRoundLimit = 0.9;
  const double scaled = channels * multiplier;
  const int rounded =
      std::max(kDivisor, static_cast<int>(scaled + kDivisor / 2) / kDivisor * kDivisor);
  return keep_ninety_percent && rounded < kRoundLimit * scaled ? rounded + kDivisor : rounded;
}

int ScaleDepth(int repeats, double multiplier) {
  return static_cast<int>(std::ceil(repeats * multiplier));
}

absl::StatusOr<Graph> BuildEfficientNet(const EfficientNetDefinition& definition,
                                        const BuildOptions& options) {
  const EfficientNetStyle& style = definition.style;
  Builder b({.channels = 3, .height = options.height, .width = options.width});
  Value x = ConvNormAct(b, style, "conv_stem", "bn1", b.input(),
                        {.out_channels = definition.stem_channels, .kernel = 3, .stride = 2},
                        /*activate=*/true);
  x = EfficientNetStages(b, style, x, definition.stages, options.drop_path_rate);
  x = ConvNormAct(b, style, "conv_head", "bn2", x,
                  {.out_channels = definition.head_channels, .kernel = 1}, /*activate=*/true);
  x = b.Dropout(b.GlobalAveragePool(x), options.drop_rate);
  b.Linear("classifier", x, options.classes);
  return std::move(b).Finish();
}

}  // namespace avocet
