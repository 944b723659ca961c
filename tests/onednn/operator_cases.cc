#include "tests/onednn/operator_cases.h"

namespace avocet {
namespace {

Value Conv(Builder& b, Value x, Conv2d conv) {
  conv.bias = true;
  return b.Conv("conv", x, conv);
}

const OperatorCase kCases[] = {
    {"PointwiseFromOneChannel",
     {.channels = 1, .height = 5, .width = 7},
     [](Builder& b, Value x) { return Conv(b, x, {.out_channels = 3, .kernel = 1}); }},
    {"PointwiseOddChannels",
     {.channels = 13, .height = 9, .width = 4},
     [](Builder& b, Value x) { return Conv(b, x, {.out_channels = 24, .kernel = 1}); }},
    {"PointwiseOnOnePixel",
     {.channels = 40, .height = 1, .width = 1},
     [](Builder& b, Value x) { return Conv(b, x, {.out_channels = 13, .kernel = 1}); }},
    {"StemSameEven",
     {.channels = 3, .height = 14, .width = 10},
     [](Builder& b, Value x) {
       return Conv(b, x, {.out_channels = 32, .kernel = 3, .stride = 2, .padding = Padding::kSame});
     }},
    {"StemSameOdd",
     {.channels = 3, .height = 15, .width = 11},
     [](Builder& b, Value x) {
       return Conv(b, x, {.out_channels = 32, .kernel = 3, .stride = 2, .padding = Padding::kSame});
     }},
    {"StemSymmetricEven",
     {.channels = 3, .height = 14, .width = 10},
     [](Builder& b, Value x) {
       return Conv(b, x, {.out_channels = 32, .kernel = 3, .stride = 2});
     }},
    {"ValidFiveByFive",
     {.channels = 6, .height = 14, .width = 14},
     [](Builder& b, Value x) {
       return Conv(b, x, {.out_channels = 16, .kernel = 5, .padding = Padding::kValid});
     }},
    {"DepthwiseThree",
     {.channels = 24, .height = 7, .width = 9},
     [](Builder& b, Value x) {
       return Conv(b, x, {.out_channels = 24, .kernel = 3, .groups = 24});
     }},
    {"DepthwiseFiveSameStrided",
     {.channels = 13, .height = 12, .width = 9},
     [](Builder& b, Value x) {
       return Conv(
           b, x,
           {.out_channels = 13, .kernel = 5, .stride = 2, .groups = 13, .padding = Padding::kSame});
     }},
    {"DepthwiseLargerThanImage",
     {.channels = 40, .height = 2, .width = 3},
     [](Builder& b, Value x) {
       return Conv(b, x, {.out_channels = 40, .kernel = 7, .groups = 40});
     }},
    // Large enough for strips of rows, in both types.
    {"ExpandThenDepthwiseStrided",
     {.channels = 4, .height = 57, .width = 49},
     [](Builder& b, Value x) {
       x = b.Activation(Conv(b, x, {.out_channels = 96, .kernel = 1}), ActivationKind::kRelu6);
       const Conv2d depthwise = {.out_channels = 96,
                                 .kernel = 5,
                                 .stride = 2,
                                 .groups = 96,
                                 .padding = Padding::kSame,
                                 .bias = true};
       return b.Conv("depthwise", x, depthwise);
     }},
    {"ExpandThenDepthwiseAndPool",
     {.channels = 4, .height = 57, .width = 49},
     [](Builder& b, Value x) {
       x = b.Activation(Conv(b, x, {.out_channels = 96, .kernel = 1}), ActivationKind::kRelu);
       x = b.Conv("depthwise", x, {.out_channels = 96, .kernel = 3, .groups = 96});
       x = b.Activation(x, ActivationKind::kSilu);
       const Value gate = b.Activation(b.GlobalAveragePool(x), ActivationKind::kSigmoid);
       return b.Conv("project", b.ChannelScale(x, gate), {.out_channels = 7, .kernel = 1});
     }},
    {"DepthwiseThenNorm",
     {.channels = 24, .height = 9, .width = 15},
     [](Builder& b, Value x) {
       return b.LayerNorm("norm", Conv(b, x, {.out_channels = 24, .kernel = 7, .groups = 24}));
     }},
    // Channels that fill one and a half tile registers' rows in bfloat16.
    {"PatchesOfEvenImage",
     {.channels = 48, .height = 14, .width = 14},
     [](Builder& b, Value x) {
       return Conv(b, x,
                   {.out_channels = 96, .kernel = 2, .stride = 2, .padding = Padding::kValid});
     }},
    {"Grouped",
     {.channels = 12, .height = 6, .width = 5},
     [](Builder& b, Value x) {
       return Conv(b, x, {.out_channels = 24, .kernel = 3, .groups = 4});
     }},
    {"ConvWithoutBias",
     {.channels = 13, .height = 6, .width = 5},
     [](Builder& b, Value x) { return b.Conv("conv", x, {.out_channels = 24, .kernel = 3}); }},
    {"BatchNormAlone",
     {.channels = 13, .height = 6, .width = 5},
     [](Builder& b, Value x) { return b.BatchNorm("norm", x, {.epsilon = 1e-3f}); }},
    {"ReluAlone",
     {.channels = 13, .height = 3, .width = 5},
     [](Builder& b, Value x) { return b.Activation(x, ActivationKind::kRelu); }},
    {"Relu6Alone",
     {.channels = 13, .height = 3, .width = 5},
     [](Builder& b, Value x) { return b.Activation(x, ActivationKind::kRelu6); }},
    {"SiluAlone",
     {.channels = 13, .height = 3, .width = 5},
     [](Builder& b, Value x) { return b.Activation(x, ActivationKind::kSilu); }},
    {"GeluAlone",
     {.channels = 13, .height = 3, .width = 5},
     [](Builder& b, Value x) { return b.Activation(x, ActivationKind::kGelu); }},
    {"SigmoidAlone",
     {.channels = 13, .height = 3, .width = 5},
     [](Builder& b, Value x) { return b.Activation(x, ActivationKind::kSigmoid); }},
    {"TanhAlone",
     {.channels = 13, .height = 3, .width = 5},
     [](Builder& b, Value x) { return b.Activation(x, ActivationKind::kTanh); }},
    {"Relu6InConv",
     {.channels = 16, .height = 5, .width = 5},
     [](Builder& b, Value x) {
       return b.Activation(Conv(b, x, {.out_channels = 24, .kernel = 3}), ActivationKind::kRelu6);
     }},
    {"AddOfItself",
     {.channels = 5, .height = 3, .width = 3},
     [](Builder& b, Value x) { return b.Add(x, x); }},
    {"ResidualInConv",
     {.channels = 13, .height = 6, .width = 6},
     [](Builder& b, Value x) {
       x = b.Conv("first", x, {.out_channels = 24, .kernel = 1});
       Value y = b.Conv("second", x, {.out_channels = 40, .kernel = 3});
       y = b.Conv("third", y, {.out_channels = 24, .kernel = 1});
       return b.Add(y, x);
     }},
    {"ActivationAfterResidual",
     {.channels = 13, .height = 6, .width = 6},
     [](Builder& b, Value x) {
       x = b.Conv("first", x, {.out_channels = 24, .kernel = 1});
       Value y = b.Conv("second", x, {.out_channels = 40, .kernel = 3});
       y = b.Conv("third", y, {.out_channels = 24, .kernel = 1});
       return b.Activation(b.Add(x, y), ActivationKind::kRelu);
     }},
    {"ActivationBeforeResidual",
     {.channels = 13, .height = 6, .width = 6},
     [](Builder& b, Value x) {
       x = b.Conv("first", x, {.out_channels = 24, .kernel = 1});
       Value y = b.Conv("second", x, {.out_channels = 40, .kernel = 3});
       y = b.Conv("third", y, {.out_channels = 24, .kernel = 1});
       return b.Add(x, b.Activation(y, ActivationKind::kSilu));
     }},
    {"ShortcutIsTheInput",
     {.channels = 13, .height = 6, .width = 6},
     [](Builder& b, Value x) { return b.Add(Conv(b, x, {.out_channels = 13, .kernel = 3}), x); }},
    {"GlobalAveragePoolOdd",
     {.channels = 13, .height = 5, .width = 7},
     [](Builder& b, Value x) { return b.GlobalAveragePool(x); }},
    {"ChannelScale",
     {.channels = 13, .height = 5, .width = 3},
     [](Builder& b, Value x) {
       const Value gate = b.Activation(b.GlobalAveragePool(x), ActivationKind::kSigmoid);
       return b.ChannelScale(x, gate);
     }},
    {"LayerNormOdd",
     {.channels = 13, .height = 5, .width = 3},
     [](Builder& b, Value x) { return b.LayerNorm("norm", x); }},
    {"LayerNormOfManyChannels",
     {.channels = 384, .height = 2, .width = 3},
     [](Builder& b, Value x) { return b.LayerNorm("norm", x); }},
    {"LayerScaleAlone",
     {.channels = 13, .height = 5, .width = 3},
     [](Builder& b, Value x) { return b.LayerScale("gamma", x); }},
    {"LayerScaleInConv",
     {.channels = 13, .height = 5, .width = 3},
     [](Builder& b, Value x) {
       return b.LayerScale("gamma", Conv(b, x, {.out_channels = 24, .kernel = 1}));
     }},
    {"GlobalResponseNorm",
     {.channels = 13, .height = 5, .width = 3},
     [](Builder& b, Value x) { return b.GlobalResponseNorm("grn", x); }},
    {"MaxPoolPaddedOdd",
     {.channels = 13, .height = 7, .width = 6},
     [](Builder& b, Value x) { return b.MaxPool(x, {.kernel = 3, .stride = 2, .padding = 1}); }},
    {"MaxPoolOdd",
     {.channels = 13, .height = 7, .width = 6},
     [](Builder& b, Value x) { return b.MaxPool(x, {.kernel = 2, .stride = 2}); }},
    {"ScaledAveragePool",
     {.channels = 6, .height = 8, .width = 7},
     [](Builder& b, Value x) { return b.ScaledAveragePool("pool1", x, 2); }},
    {"PoolUpFromOnePixel",
     {.channels = 13, .height = 1, .width = 1},
     [](Builder& b, Value x) { return b.PoolUp(Conv(b, x, {.out_channels = 5, .kernel = 1}), 7); }},
    {"PoolUpOneSide",
     {.channels = 13, .height = 3, .width = 9},
     [](Builder& b, Value x) { return b.PoolUp(Conv(b, x, {.out_channels = 5, .kernel = 1}), 7); }},
    {"LinearOfAFeatureMap",
     {.channels = 16, .height = 5, .width = 4},
     [](Builder& b, Value x) { return b.Linear("fc", x, 13); }},
    {"LinearOdd",
     {.channels = 13, .height = 1, .width = 1},
     [](Builder& b, Value x) { return b.Linear("fc", x, 7); }},
    {"PoolThenLinear",
     {.channels = 24, .height = 3, .width = 2},
     [](Builder& b, Value x) { return b.Linear("fc", b.GlobalAveragePool(x), 10); }},
    {"DropoutIsTheIdentity",
     {.channels = 5, .height = 3, .width = 3},
     [](Builder& b, Value x) {
       return b.DropPath(b.Dropout(Conv(b, x, {.out_channels = 5, .kernel = 1}), 0.5f), 0.5f);
     }},
};

}  // namespace

std::span<const OperatorCase> OperatorCases() { return kCases; }

}  // namespace avocet
