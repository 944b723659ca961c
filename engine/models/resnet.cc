// ResNet 18 to 152 with the stride on the 3x3 convolution (arXiv 1512.03385; timm/models/resnet.py;
// torchvision's names are the same).
#include <array>
#include <span>
#include <string>
#include <utility>

#include "engine/graph/builder.h"
#include "engine/models/backbone.h"

namespace avocet {
namespace {

constexpr int kStages = 4;
constexpr int kStemChannels = 64;
constexpr int kBottleneckExpansion = 4;

struct Config {
  bool bottleneck;
  std::array<int, kStages> depths;
};

Value ConvNorm(Builder& b, const std::string& index, Value x, int channels, int kernel,
               int stride) {
  x = b.Conv("conv" + index, x, {.out_channels = channels, .kernel = kernel, .stride = stride});
  return b.BatchNorm("bn" + index, x);
}

Value Relu(Builder& b, Value x) { return b.Activation(x, ActivationKind::kRelu); }

// Two 3x3 convolutions, or 1x1, 3x3 and 1x1.
Value Branch(Builder& b, const Config& config, Value x, int width, int stride) {
  if (!config.bottleneck) {
    x = Relu(b, ConvNorm(b, "1", x, width, 3, stride));
    return ConvNorm(b, "2", x, width, 3, 1);
  }
  x = Relu(b, ConvNorm(b, "1", x, width, 1, 1));
  x = Relu(b, ConvNorm(b, "2", x, width, 3, stride));
  return ConvNorm(b, "3", x, width * kBottleneckExpansion, 1, 1);
}

Value Block(Builder& b, const Config& config, Value x, int width, int stride, float drop_path) {
  const Value branch = Branch(b, config, x, width, stride);
  if (branch.shape != x.shape) {
    x = b.Conv("downsample.0", x,
               {.out_channels = branch.channels(), .kernel = 1, .stride = stride});
    x = b.BatchNorm("downsample.1", x);
  }
  return Relu(b, b.Add(b.DropPath(branch, drop_path), x));
}

absl::StatusOr<Graph> Build(const Config& config, const BuildOptions& options) {
  Builder b({.channels = 3, .height = options.height, .width = options.width});
  Value x = Relu(b, ConvNorm(b, "1", b.input(), kStemChannels, 7, 2));
  x = b.MaxPool(x, {.kernel = 3, .stride = 2, .padding = 1});
  int total = 0;
  for (const int depth : config.depths) total += depth;
  int position = 0;
  for (int s = 0; s < kStages; ++s) {
    const Builder::Scope stage = b.Enter("layer" + std::to_string(s + 1));
    for (int i = 0; i < config.depths[static_cast<std::size_t>(s)]; ++i, ++position) {
      const Builder::Scope block = b.Enter(std::to_string(i));
      const float drop_path =
          options.drop_path_rate * static_cast<float>(position) / static_cast<float>(total - 1);
      x = Block(b, config, x, kStemChannels << s, s > 0 && i == 0 ? 2 : 1, drop_path);
    }
  }
  b.Linear("fc", b.Dropout(b.GlobalAveragePool(x), options.drop_rate), options.classes);
  return std::move(b).Finish();
}

constexpr Config kConfigs[] = {{false, {2, 2, 2, 2}},
                               {false, {3, 4, 6, 3}},
                               {true, {3, 4, 6, 3}},
                               {true, {3, 4, 23, 3}},
                               {true, {3, 8, 36, 3}}};

template <int kIndex>
absl::StatusOr<Graph> Variant(const BuildOptions& options) {
  return Build(kConfigs[kIndex], options);
}

constexpr Backbone kFamily[] = {
    {"resnet18", 224, Variant<0>},  {"resnet34", 224, Variant<1>},  {"resnet50", 224, Variant<2>},
    {"resnet101", 224, Variant<3>}, {"resnet152", 224, Variant<4>},
};

}  // namespace

std::span<const Backbone> ResNet() { return kFamily; }

}  // namespace avocet
