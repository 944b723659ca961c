#include "tests/onednn/training/gradient_cases.h"

namespace avocet {
namespace {

const GradientCase kCases[] = {
    {"Pointwise", 13, 5, 7,
     [](Builder& b, Value x) { return b.Conv("op", x, {.out_channels = 24, .kernel = 1}); }},
    {"PointwiseOfManyChannels", 64, 13, 12,
     [](Builder& b, Value x) {
       return b.Conv("op", x, {.out_channels = 80, .kernel = 1, .bias = true});
     }},
    {"ConvFromOneChannel", 1, 6, 5,
     [](Builder& b, Value x) {
       return b.Conv("op", x, {.out_channels = 3, .kernel = 3, .bias = true});
     }},
    {"ConvStridedSame", 3, 9, 8,
     [](Builder& b, Value x) {
       return b.Conv("op", x,
                     {.out_channels = 13, .kernel = 3, .stride = 2, .padding = Padding::kSame});
     }},
    {"ConvStrided", 24, 13, 11,
     [](Builder& b, Value x) {
       return b.Conv("op", x, {.out_channels = 40, .kernel = 3, .stride = 2});
     }},
    {"ConvStridedOfManyChannels", 32, 13, 12,
     [](Builder& b, Value x) {
       return b.Conv("op", x, {.out_channels = 64, .kernel = 3, .stride = 2});
     }},
    {"ConvValid", 3, 7, 9,
     [](Builder& b, Value x) {
       return b.Conv("op", x,
                     {.out_channels = 13, .kernel = 5, .padding = Padding::kValid, .bias = true});
     }},
    {"Winograd", 16, 9, 11,
     [](Builder& b, Value x) {
       return b.Conv("op", x, {.out_channels = 32, .kernel = 3, .bias = true});
     }},
    {"WinogradSmallTiles", 32, 6, 6,
     [](Builder& b, Value x) { return b.Conv("op", x, {.out_channels = 16, .kernel = 3}); }},
    {"PatchesWithoutOverlap", 48, 10, 12,
     [](Builder& b, Value x) {
       return b.Conv("op", x,
                     {.out_channels = 40,
                      .kernel = 2,
                      .stride = 2,
                      .padding = Padding::kValid,
                      .bias = true});
     }},
    {"Grouped", 12, 5, 6,
     [](Builder& b, Value x) {
       return b.Conv("op", x, {.out_channels = 24, .kernel = 3, .groups = 4});
     }},
    {"Depthwise", 24, 7, 9,
     [](Builder& b, Value x) {
       return b.Conv("op", x, {.out_channels = 24, .kernel = 3, .groups = 24, .bias = true});
     }},
    {"DepthwiseStridedSame", 13, 10, 7,
     [](Builder& b, Value x) {
       return b.Conv(
           "op", x,
           {.out_channels = 13, .kernel = 5, .stride = 2, .groups = 13, .padding = Padding::kSame});
     }},
    {"DepthwiseLargerThanImage", 40, 2, 3,
     [](Builder& b, Value x) {
       return b.Conv("op", x, {.out_channels = 40, .kernel = 7, .groups = 40, .bias = true});
     }},
    {"DepthwiseStridedBehindANorm", 20, 13, 9,
     [](Builder& b, Value x) {
       x = b.Activation(b.BatchNorm("norm", x), ActivationKind::kSilu);
       return b.Conv(
           "op", x,
           {.out_channels = 20, .kernel = 5, .stride = 2, .groups = 20, .padding = Padding::kSame});
     }},
    {"DepthwiseWide", 24, 9, 17,
     [](Builder& b, Value x) {
       return b.Conv("op", x, {.out_channels = 24, .kernel = 7, .groups = 24, .bias = true});
     }},
    {"BatchNorm", 13, 5, 3, [](Builder& b, Value x) { return b.BatchNorm("op", x); }},
    {"BatchNormRelu", 24, 5, 3,
     [](Builder& b, Value x) { return b.Activation(b.BatchNorm("op", x), ActivationKind::kRelu); }},
    {"BatchNormRelu6", 40, 5, 3,
     [](Builder& b, Value x) {
       return b.Activation(b.BatchNorm("op", x, {.epsilon = 1e-3f}), ActivationKind::kRelu6);
     }},
    {"BatchNormSilu", 13, 5, 3,
     [](Builder& b, Value x) { return b.Activation(b.BatchNorm("op", x), ActivationKind::kSilu); }},
    {"BatchNormReadTwice", 3, 5, 3,
     [](Builder& b, Value x) {
       x = b.BatchNorm("op", x);
       return b.Add(b.Activation(x, ActivationKind::kTanh), x);
     }},
    {"Relu", 13, 3, 5, [](Builder& b, Value x) { return b.Activation(x, ActivationKind::kRelu); }},
    {"Relu6", 13, 3, 5,
     [](Builder& b, Value x) { return b.Activation(x, ActivationKind::kRelu6); }},
    {"Silu", 13, 3, 5, [](Builder& b, Value x) { return b.Activation(x, ActivationKind::kSilu); }},
    {"Gelu", 13, 3, 5, [](Builder& b, Value x) { return b.Activation(x, ActivationKind::kGelu); }},
    {"Sigmoid", 13, 3, 5,
     [](Builder& b, Value x) { return b.Activation(x, ActivationKind::kSigmoid); }},
    {"Tanh", 13, 3, 5, [](Builder& b, Value x) { return b.Activation(x, ActivationKind::kTanh); }},
    {"AddOfItself", 3, 3, 3, [](Builder& b, Value x) { return b.Add(x, x); }},
    {"Residual", 13, 4, 4,
     [](Builder& b, Value x) {
       return b.Add(b.Conv("op", x, {.out_channels = 13, .kernel = 3}), x);
     }},
    {"GlobalAveragePool", 13, 5, 7, [](Builder& b, Value x) { return b.GlobalAveragePool(x); }},
    {"SqueezeAndExcite", 24, 5, 3,
     [](Builder& b, Value x) {
       Value gate =
           b.Conv("reduce", b.GlobalAveragePool(x), {.out_channels = 3, .kernel = 1, .bias = true});
       gate = b.Activation(gate, ActivationKind::kSilu);
       gate = b.Conv("expand", gate, {.out_channels = 24, .kernel = 1, .bias = true});
       return b.ChannelScale(x, b.Activation(gate, ActivationKind::kSigmoid));
     }},
    {"NormThenSqueezeAndExcite", 13, 5, 3,
     [](Builder& b, Value x) {
       x = b.Activation(b.BatchNorm("op", x), ActivationKind::kSilu);
       Value gate = b.Conv("expand", b.GlobalAveragePool(x),
                           {.out_channels = 13, .kernel = 1, .bias = true});
       return b.ChannelScale(x, b.Activation(gate, ActivationKind::kSigmoid));
     }},
    {"LayerNorm", 13, 5, 3, [](Builder& b, Value x) { return b.LayerNorm("op", x); }},
    {"LayerNormOfManyChannels", 40, 2, 3, [](Builder& b, Value x) { return b.LayerNorm("op", x); }},
    {"LayerScale", 13, 5, 3, [](Builder& b, Value x) { return b.LayerScale("gamma", x); }},
    {"GlobalResponseNorm", 13, 5, 3,
     [](Builder& b, Value x) { return b.GlobalResponseNorm("op", x); }},
    {"MaxPoolPadded", 13, 7, 6,
     [](Builder& b, Value x) { return b.MaxPool(x, {.kernel = 3, .stride = 2, .padding = 1}); }},
    {"MaxPoolOdd", 3, 7, 6,
     [](Builder& b, Value x) {
       return b.MaxPool(x, {2, 2});
     }},
    {"ScaledAveragePool", 3, 6, 5,
     [](Builder& b, Value x) { return b.ScaledAveragePool("op", x, 2); }},
    {"PoolUp", 3, 2, 5, [](Builder& b, Value x) { return b.PoolUp(x, 4); }},
    {"LinearOfAFeatureMap", 3, 2, 3,
     [](Builder& b, Value x) {
       return b.Activation(b.Linear("op", x, 13), ActivationKind::kTanh);
     }},
    {"Network", 13, 12, 10,
     [](Builder& b, Value x) {
       x = b.Conv("stem", x, {.out_channels = 8, .kernel = 3, .stride = 2});
       x = b.Activation(b.BatchNorm("bn1", x), ActivationKind::kSilu);
       Value y = b.Conv("pw", x, {.out_channels = 24, .kernel = 1});
       y = b.Activation(b.BatchNorm("bn2", y), ActivationKind::kSilu);
       y = b.Conv("dw", y, {.out_channels = 24, .kernel = 3, .groups = 24});
       y = b.Activation(b.BatchNorm("bn3", y), ActivationKind::kSilu);
       Value gate =
           b.Conv("se", b.GlobalAveragePool(y), {.out_channels = 24, .kernel = 1, .bias = true});
       y = b.ChannelScale(y, b.Activation(gate, ActivationKind::kSigmoid));
       y = b.Conv("pwl", y, {.out_channels = 8, .kernel = 1});
       return b.GlobalAveragePool(b.Add(b.BatchNorm("bn4", y), x));
     }},
};

}  // namespace

std::span<const GradientCase> GradientCases() { return kCases; }

}  // namespace avocet
