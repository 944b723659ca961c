// ConvNeXt (arXiv 2201.03545) and ConvNeXt V2 (arXiv 2301.00808), as timm/models/convnext.py has
// them.
#include <array>
#include <span>
#include <string>
#include <utility>

#include "engine/graph/builder.h"
#include "engine/models/backbone.h"

namespace avocet {
namespace {

constexpr std::size_t kStages = 4;
constexpr int kMlpRatio = 4;

struct Config {
  std::array<int, kStages> depths;
  std::array<int, kStages> dims;
  // timm has the smaller networks' MLPs as convolutions, the others' as linear layers.
  bool linear_mlp = false;
  bool v2 = false;
  int head_hidden = 0;  // width of the layer before the classifier; 0: none
};

// A convolution whose windows do not overlap.
Value Patchify(Builder& b, const char* name, Value x, int channels, int size) {
  return b.Conv(name, x,
                {.out_channels = channels,
                 .kernel = size,
                 .stride = size,
                 .padding = Padding::kValid,
                 .bias = true});
}

// Depthwise 7x7, layer norm, then an MLP of 1x1 convolutions; V2 has a response norm where V1 has a
// layer scale.
Value Block(Builder& b, const Config& config, Value x, float drop_path) {
  const int channels = x.channels();
  Value y = b.Conv("conv_dw", x,
                   {.out_channels = channels, .kernel = 7, .groups = channels, .bias = true});
  y = b.LayerNorm("norm", y);
  Conv2d mlp{.out_channels = kMlpRatio * channels,
             .kernel = 1,
             .bias = true,
             .stored_as_linear = config.linear_mlp};
  y = b.Conv("mlp.fc1", y, mlp);
  y = b.Activation(y, ActivationKind::kGelu);
  if (config.v2) y = b.GlobalResponseNorm("mlp.grn", y);
  mlp.out_channels = channels;
  y = b.Conv("mlp.fc2", y, mlp);
  if (!config.v2) y = b.LayerScale("gamma", y);
  return b.Add(b.DropPath(y, drop_path), x);
}

Value Head(Builder& b, const Config& config, Value x, const BuildOptions& options) {
  const Builder::Scope scope = b.Enter("head");
  x = b.LayerNorm("norm", b.GlobalAveragePool(x));
  if (config.head_hidden > 0) {
    x = b.Activation(b.Linear("pre_logits.fc", x, config.head_hidden), ActivationKind::kGelu);
  }
  return b.Linear("fc", b.Dropout(x, options.drop_rate), options.classes);
}

absl::StatusOr<Graph> Build(const Config& config, const BuildOptions& options) {
  Builder b({.channels = 3, .height = options.height, .width = options.width});
  Value x = b.LayerNorm("stem.1", Patchify(b, "stem.0", b.input(), config.dims[0], 4));
  int total = 0;
  for (const int depth : config.depths) total += depth;
  int position = 0;
  for (std::size_t s = 0; s < kStages; ++s) {
    const Builder::Scope stage = b.Enter("stages." + std::to_string(s));
    if (s > 0) {
      x = b.LayerNorm("downsample.0", x);
      x = Patchify(b, "downsample.1", x, config.dims[s], 2);
    }
    for (int i = 0; i < config.depths[s]; ++i, ++position) {
      const Builder::Scope block = b.Enter("blocks." + std::to_string(i));
      x = Block(
          b, config, x,
          options.drop_path_rate * static_cast<float>(position) / static_cast<float>(total - 1));
    }
  }
  Head(b, config, x, options);
  return std::move(b).Finish();
}

constexpr std::array<int, kStages> kShallow = {2, 2, 6, 2};
constexpr std::array<int, kStages> kNanoDepth = {2, 2, 8, 2};
constexpr std::array<int, kStages> kTinyDepth = {3, 3, 9, 3};
constexpr std::array<int, kStages> kDeep = {3, 3, 27, 3};

constexpr std::array<int, kStages> Doubling(int first) {
  return {first, 2 * first, 4 * first, 8 * first};
}

constexpr Config kConfigs[] = {
    {kShallow, Doubling(40)},          // atto
    {kShallow, Doubling(48)},          // femto
    {kShallow, Doubling(64)},          // pico
    {kNanoDepth, Doubling(80)},        // nano
    {kTinyDepth, Doubling(96), true},  // tiny
    {kDeep, Doubling(96), true},       // small
    {kDeep, Doubling(128), true},      // base
    {kDeep, Doubling(192), true},      // large
    {kDeep, Doubling(256), true},      // xlarge
    {kDeep, Doubling(352), true},      // huge, V2 alone
};

template <int kIndex>
absl::StatusOr<Graph> V1(const BuildOptions& options) {
  return Build(kConfigs[kIndex], options);
}

template <int kIndex>
absl::StatusOr<Graph> V2(const BuildOptions& options) {
  Config config = kConfigs[kIndex];
  config.v2 = true;
  return Build(config, options);
}

absl::StatusOr<Graph> LargeMlp(const BuildOptions& options) {
  Config config = kConfigs[7];
  config.head_hidden = 1536;
  return Build(config, options);
}

constexpr Backbone kFamily[] = {
    {"convnext_atto", 224, V1<0>},         {"convnext_femto", 224, V1<1>},
    {"convnext_pico", 224, V1<2>},         {"convnext_nano", 224, V1<3>},
    {"convnext_tiny", 224, V1<4>},         {"convnext_small", 224, V1<5>},
    {"convnext_base", 224, V1<6>},         {"convnext_large", 224, V1<7>},
    {"convnext_large_mlp", 224, LargeMlp}, {"convnext_xlarge", 224, V1<8>},
    {"convnextv2_atto", 224, V2<0>},       {"convnextv2_femto", 224, V2<1>},
    {"convnextv2_pico", 224, V2<2>},       {"convnextv2_nano", 224, V2<3>},
    {"convnextv2_tiny", 224, V2<4>},       {"convnextv2_small", 224, V2<5>},
    {"convnextv2_base", 224, V2<6>},       {"convnextv2_large", 224, V2<7>},
    {"convnextv2_huge", 224, V2<9>},
};

}  // namespace

std::span<const Backbone> ConvNext() { return kFamily; }

}  // namespace avocet
