// VGG 11, 13, 16 and 19, with and without batch norm (arXiv 1409.1556; timm/models/vgg.py, whose
// classifier is convolutional).
#include <array>
#include <span>
#include <string>
#include <utility>

#include "engine/graph/builder.h"
#include "engine/models/backbone.h"

namespace avocet {
namespace {

constexpr int kStages = 5;
constexpr std::array<int, kStages> kChannels = {64, 128, 256, 512, 512};
constexpr int kFeatureSize = 7;  // pixels a side that the classifier was trained on
constexpr int kHeadChannels = 4096;

struct Config {
  std::array<int, kStages> depths;
  bool batch_norm;
};

Value Relu(Builder& b, Value x) { return b.Activation(x, ActivationKind::kRelu); }

// Layers are numbered as in torch.nn.Sequential, activations and poolings included.
Value Features(Builder& b, const Config& config, Value x) {
  const Builder::Scope scope = b.Enter("features");
  int index = 0;
  for (std::size_t s = 0; s < kStages; ++s) {
    for (int i = 0; i < config.depths[s]; ++i) {
      x = b.Conv(std::to_string(index++), x,
                 {.out_channels = kChannels[s], .kernel = 3, .bias = true});
      if (config.batch_norm) x = b.BatchNorm(std::to_string(index++), x);
      x = Relu(b, x);
      ++index;
    }
    x = b.MaxPool(x, {.kernel = 2, .stride = 2});
    ++index;
  }
  return x;
}

absl::StatusOr<Graph> Build(const Config& config, const BuildOptions& options) {
  Builder b({.channels = 3, .height = options.height, .width = options.width});
  Value x = b.PoolUp(Features(b, config, b.input()), kFeatureSize);
  x = Relu(b, b.Conv("pre_logits.fc1", x,
                     {.out_channels = kHeadChannels,
                      .kernel = kFeatureSize,
                      .padding = Padding::kValid,
                      .bias = true}));
  x = b.Dropout(x, options.drop_rate);
  x = Relu(b,
           b.Conv("pre_logits.fc2", x, {.out_channels = kHeadChannels, .kernel = 1, .bias = true}));
  x = b.Dropout(b.GlobalAveragePool(x), options.drop_rate);
  b.Linear("head.fc", x, options.classes);
  return std::move(b).Finish();
}

constexpr std::array<int, kStages> kDepths[] = {
    {1, 1, 2, 2, 2}, {2, 2, 2, 2, 2}, {2, 2, 3, 3, 3}, {2, 2, 4, 4, 4}};

template <int kIndex, bool kBatchNorm>
absl::StatusOr<Graph> Variant(const BuildOptions& options) {
  return Build({kDepths[kIndex], kBatchNorm}, options);
}

constexpr Backbone kFamily[] = {
    {"vgg11", 224, Variant<0, false>},   {"vgg13", 224, Variant<1, false>},
    {"vgg16", 224, Variant<2, false>},   {"vgg19", 224, Variant<3, false>},
    {"vgg11_bn", 224, Variant<0, true>}, {"vgg13_bn", 224, Variant<1, true>},
    {"vgg16_bn", 224, Variant<2, true>}, {"vgg19_bn", 224, Variant<3, true>},
};

}  // namespace

std::span<const Backbone> Vgg() { return kFamily; }

}  // namespace avocet
