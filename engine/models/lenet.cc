// LeNet-5 as in LeCun et al., Gradient-Based Learning Applied to Document Recognition (1998),
// section II.B, with trainable subsampling, full connections in the second convolution and a linear
// output: 61 710 parameters.
#include <span>
#include <utility>

#include "engine/graph/builder.h"
#include "engine/models/backbone.h"

namespace avocet {
namespace {

absl::StatusOr<Graph> Build(const BuildOptions& options) {
  const auto tanh = [](Builder& builder, Value v) {
    return builder.Activation(v, ActivationKind::kTanh);
  };
  const auto conv = [](int channels) {
    return Conv2d{.out_channels = channels, .kernel = 5, .padding = Padding::kValid, .bias = true};
  };
  Builder b({.channels = 1, .height = options.height, .width = options.width});
  Value x = b.ScaledAveragePool("pool1", tanh(b, b.Conv("conv1", b.input(), conv(6))), 2);
  x = b.ScaledAveragePool("pool2", tanh(b, b.Conv("conv2", x, conv(16))), 2);
  x = tanh(b, b.Linear("fc1", x, 120));
  x = tanh(b, b.Linear("fc2", x, 84));
  b.Linear("fc3", b.Dropout(x, options.drop_rate), options.classes);
  return std::move(b).Finish();
}

constexpr Backbone kFamily[] = {{"lenet5", 32, Build, 10}};

}  // namespace

std::span<const Backbone> LeNet() { return kFamily; }

}  // namespace avocet
