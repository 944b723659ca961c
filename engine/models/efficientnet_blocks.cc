#include "engine/models/efficientnet_blocks.h"

#include <string>

namespace avocet {

Value ConvNormAct(Builder& b, const EfficientNetStyle& style, std::string_view conv_name,
                  std::string_view norm_name, Value x, Conv2d conv, bool activate) {
  conv.padding = style.padding;
  x = b.Conv(conv_name, x, conv);
  x = b.BatchNorm(norm_name, x, {.epsilon = style.epsilon});
  return activate ? b.Activation(x, style.activation) : x;
}

namespace {

Value Depthwise(Builder& b, const EfficientNetStyle& style, std::string_view norm_name, Value x,
                const EfficientNetStage& stage) {
  return ConvNormAct(b, style, "conv_dw", norm_name, x,
                     {.out_channels = x.channels(),
                      .kernel = stage.kernel,
                      .stride = stage.stride,
                      .groups = x.channels()},
                     /*activate=*/true);
}

Value Pointwise(Builder& b, const EfficientNetStyle& style, std::string_view conv_name,
                std::string_view norm_name, Value x, int channels, bool activate) {
  return ConvNormAct(b, style, conv_name, norm_name, x, {.out_channels = channels, .kernel = 1},
                     activate);
}

// Weighs each channel by a gate computed from the means of all.
Value SqueezeExcite(Builder& b, const EfficientNetStyle& style, Value x, int squeezed) {
  if (!style.squeeze_excite) return x;
  const Builder::Scope scope = b.Enter("se");
  Value gate = b.GlobalAveragePool(x);
  gate = b.Conv("conv_reduce", gate, {.out_channels = squeezed, .kernel = 1, .bias = true});
  gate = b.Activation(gate, style.activation);
  gate = b.Conv("conv_expand", gate, {.out_channels = x.channels(), .kernel = 1, .bias = true});
  return b.ChannelScale(x, b.Activation(gate, ActivationKind::kSigmoid));
}

Value DepthwiseSeparable(Builder& b, const EfficientNetStyle& style, Value x,
                         const EfficientNetStage& stage) {
  Value y = Depthwise(b, style, "bn1", x, stage);
  y = SqueezeExcite(b, style, y, x.channels() / 4);
  return Pointwise(b, style, "conv_pw", "bn2", y, stage.channels, /*activate=*/false);
}

Value Inverted(Builder& b, const EfficientNetStyle& style, Value x,
               const EfficientNetStage& stage) {
  if (stage.expand == 1) return DepthwiseSeparable(b, style, x, stage);
  Value y =
      Pointwise(b, style, "conv_pw", "bn1", x, x.channels() * stage.expand, /*activate=*/true);
  y = Depthwise(b, style, "bn2", y, stage);
  y = SqueezeExcite(b, style, y, x.channels() / 4);
  return Pointwise(b, style, "conv_pwl", "bn3", y, stage.channels, /*activate=*/false);
}

Value Fused(Builder& b, const EfficientNetStyle& style, Value x, const EfficientNetStage& stage) {
  const Value y = ConvNormAct(
      b, style, "conv_exp", "bn1", x,
      {.out_channels = x.channels() * stage.expand, .kernel = stage.kernel, .stride = stage.stride},
      /*activate=*/true);
  return Pointwise(b, style, "conv_pwl", "bn2", y, stage.channels, /*activate=*/false);
}

Value Branch(Builder& b, const EfficientNetStyle& style, Value x, const EfficientNetStage& stage) {
  switch (stage.block) {
    case EfficientNetBlock::kInverted:
      return Inverted(b, style, x, stage);
    case EfficientNetBlock::kFused:
      return Fused(b, style, x, stage);
    case EfficientNetBlock::kConv:
      break;
  }
  return ConvNormAct(
      b, style, "conv", "bn1", x,
      {.out_channels = stage.channels, .kernel = stage.kernel, .stride = stage.stride},
      /*activate=*/true);
}

}  // namespace

Value EfficientNetStages(Builder& b, const EfficientNetStyle& style, Value x,
                         std::span<const EfficientNetStage> stages, float drop_path_rate) {
  int total = 0;
  for (const EfficientNetStage& stage : stages) total += stage.repeats;
  int position = 0;
  for (std::size_t s = 0; s < stages.size(); ++s) {
    const Builder::Scope stage_scope = b.Enter("blocks." + std::to_string(s));
    EfficientNetStage stage = stages[s];
    for (int i = 0; i < stages[s].repeats; ++i, ++position) {
      const Builder::Scope block_scope = b.Enter(std::to_string(i));
      if (i > 0) stage.stride = 1;
      const Value branch = Branch(b, style, x, stage);
      const bool has_shortcut = stage.stride == 1 && branch.channels() == x.channels();
      const float rate = drop_path_rate * static_cast<float>(position) / static_cast<float>(total);
      x = has_shortcut ? b.Add(b.DropPath(branch, rate), x) : branch;
    }
  }
  return x;
}

}  // namespace avocet
