// The blocks that the EfficientNet family is made of, with timm's parameter names
// (timm/models/_efficientnet_blocks.py).
#ifndef AVOCET_ENGINE_MODELS_EFFICIENTNET_BLOCKS_H_
#define AVOCET_ENGINE_MODELS_EFFICIENTNET_BLOCKS_H_

#include <span>
#include <string_view>

#include "engine/graph/builder.h"

namespace avocet {

// kInverted: expansion, depthwise convolution, projection; where a stage does not expand, without
// the expansion and under other names (timm's DepthwiseSeparableConv). kFused: one full convolution
// in place of expansion and depthwise. kConv: only that.
enum class EfficientNetBlock { kInverted, kFused, kConv };

// What one row of the published tables says about a stage.
struct EfficientNetStage {
  EfficientNetBlock block;
  int expand;  // channels inside a block, as a multiple of its input's
  int kernel;
  int stride;  // of the first block; the others have 1
  int channels;
  int repeats;
};

// What differs between the members of the family, beside the table.
struct EfficientNetStyle {
  ActivationKind activation = ActivationKind::kSilu;
  Padding padding = Padding::kSymmetric;
  float epsilon = 1e-5f;       // of the batch norms
  bool squeeze_excite = true;  // in kInverted blocks, a quarter of the block's input channels wide
};

// Convolution, batch norm and, where `activate`, activation.
Value ConvNormAct(Builder& b, const EfficientNetStyle& style, std::string_view conv_name,
                  std::string_view norm_name, Value x, Conv2d conv, bool activate);

// All stages, as "blocks.<stage>.<block>", with the stages' repeats and channels already scaled.
Value EfficientNetStages(Builder& b, const EfficientNetStyle& style, Value x,
                         std::span<const EfficientNetStage> stages, float drop_path_rate);

}  // namespace avocet

#endif  // AVOCET_ENGINE_MODELS_EFFICIENTNET_BLOCKS_H_
