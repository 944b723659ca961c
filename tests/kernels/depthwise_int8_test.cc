#include "engine/kernels/depthwise_int8.h"

#include <algorithm>
#include <cmath>
#include <string>

#include <gtest/gtest.h>

#include "engine/kernels/pointwise_int8.h"
#include "tests/kernels/values.h"

namespace avocet {
namespace {

struct Case {
  int channels;
  int height;
  int width;
  int kernel;
  int stride;
  int pad_begin;  // at the top and left
  int pad_end;    // at the bottom and right
  std::optional<ActivationKind> activation = std::nullopt;
  bool bias = true;
};

// Ugly shapes: channels that do not fill a tile, images smaller than the filter, rows that are no
// multiple of what the kernel computes at once, TensorFlow's uneven padding.
const Case kCases[] = {
    {16, 14, 14, 3, 1, 1, 1, ActivationKind::kSilu},
    {33, 1, 1, 3, 1, 1, 1},
    {7, 2, 5, 7, 1, 3, 3, ActivationKind::kGelu},
    {96, 17, 30, 3, 2, 0, 1, ActivationKind::kRelu6},
    {144, 15, 15, 5, 2, 2, 2, ActivationKind::kSilu},
    {20, 9, 23, 5, 1, 2, 2, std::nullopt, false},
    {70, 16, 16, 7, 2, 2, 3, ActivationKind::kRelu},
    {128, 8, 57, 7, 1, 3, 3},
};

constexpr float kScale = 6.0f;  // of results

int Size(int size, const Case& c) {
  return (size + c.pad_begin + c.pad_end - c.kernel) / c.stride + 1;
}

struct Errors {
  double result;  // the largest, in steps
  double sum;     // the largest of the channels' sums, in thousandths of what they may be off
};

// `broken` changes one weight of the kernel's, which must show.
Errors Compare(const Case& c, bool is_signed, bool broken = false) {
  const int out_height = Size(c.height, c);
  const int out_width = Size(c.width, c);
  const auto channels = static_cast<std::size_t>(c.channels);
  const auto taps = static_cast<std::size_t>(c.kernel * c.kernel);
  std::vector<std::uint8_t> src;
  for (const float value :
       NamedValues("src", static_cast<std::size_t>(c.height * c.width) * channels)) {
    src.push_back(static_cast<std::uint8_t>(static_cast<int>(value * 127.99f)));
  }
  std::vector<std::int8_t> weights;
  for (const float value : NamedValues("weights", channels * taps)) {
    weights.push_back(static_cast<std::int8_t>(static_cast<int>(value * 127.99f)));
  }
  std::vector<float> scales = Values<float>("scales", channels);
  for (float& scale : scales) scale = 0.01f * (1.5f + scale);
  const std::vector<float> bias = Values<float>("bias", channels);
  std::vector<std::int8_t> used = weights;
  if (broken) used[taps / 2] = static_cast<std::int8_t>(used[taps / 2] > 0 ? -100 : 100);
  const DepthwiseInt8Parameters packed = PackDepthwiseInt8(
      used, scales, c.bias ? std::span<const float>(bias) : std::span<const float>(), c.kernel,
      is_signed);
  std::vector<std::uint8_t> dst(static_cast<std::size_t>(out_height * out_width) * channels);
  const DepthwiseInt8 conv = {.src = src.data(),
                              .weights = packed.weights.data(),
                              .multiplier = packed.multiplier.data(),
                              .offset = packed.offset.data(),
                              .dst = dst.data(),
                              .is_signed = is_signed,
                              .channels = c.channels,
                              .height = c.height,
                              .width = c.width,
                              .out_height = out_height,
                              .out_width = out_width,
                              .pad_top = c.pad_begin,
                              .pad_left = c.pad_begin,
                              .activation = c.activation,
                              .dst_scale = kScale};
  std::vector<float> sums(channels, 0.5f);
  RunDepthwiseInt8(conv, c.kernel, c.stride, 0, out_height / 2, sums.data());
  RunDepthwiseInt8(conv, c.kernel, c.stride, out_height / 2, out_height, sums.data());

  const auto integer = [&](std::uint8_t byte) {
    return is_signed ? static_cast<double>(static_cast<std::int8_t>(byte)) : byte;
  };
  Errors worst = {0, 0};
  for (int channel = 0; channel < c.channels; ++channel) {
    const auto index = static_cast<std::size_t>(channel);
    double total = 0.5;
    double size = 0;
    for (int y = 0; y < out_height; ++y) {
      for (int x = 0; x < out_width; ++x) {
        double sum = 0;
        for (int ky = 0; ky < c.kernel; ++ky) {
          for (int kx = 0; kx < c.kernel; ++kx) {
            const int row = y * c.stride + ky - c.pad_begin;
            const int column = x * c.stride + kx - c.pad_begin;
            if (row < 0 || row >= c.height || column < 0 || column >= c.width) continue;
            const int place = (row * c.width + column) * c.channels + channel;
            sum += integer(src[static_cast<std::size_t>(place)]) *
                   weights[index * taps + static_cast<std::size_t>(ky * c.kernel + kx)];
          }
        }
        const double real =
            Activated(c.activation, sum * scales[index] + (c.bias ? bias[index] : 0.0f));
        total += real;
        size += std::abs(real);
        const double expected =
            std::clamp(real / kScale, is_signed ? -128.0 : 0.0, is_signed ? 127.0 : 255.0);
        const double found =
            integer(dst[static_cast<std::size_t>((y * out_width + x) * c.channels + channel)]);
        worst.result = std::max(worst.result, std::abs(found - expected));
      }
    }
    worst.sum = std::max(worst.sum, std::abs(sums[index] - total) / (1e-3 * (1 + size)));
  }
  return worst;
}

std::string Name(const Case& c, bool is_signed) {
  return std::to_string(c.channels) + " channels of " + std::to_string(c.height) + " x " +
         std::to_string(c.width) + ", filter " + std::to_string(c.kernel) + " / " +
         std::to_string(c.stride) + (is_signed ? ", signed" : ", unsigned");
}

TEST(DepthwiseInt8, EqualsTheDefinition) {
  if (!HasInt8Kernels()) GTEST_SKIP() << "no AVX512-VNNI";
  for (const Case& c : kCases) {
    for (const bool is_signed : {false, true}) {
      const Errors errors = Compare(c, is_signed);
      EXPECT_LT(errors.result, 0.51) << Name(c, is_signed);
      EXPECT_LT(errors.sum, 1) << Name(c, is_signed);
    }
  }
}

TEST(DepthwiseInt8, ABrokenWeightShows) {
  if (!HasInt8Kernels()) GTEST_SKIP() << "no AVX512-VNNI";
  for (const Case& c : kCases) {
    for (const bool is_signed : {false, true}) {
      const Errors errors = Compare(c, is_signed, /*broken=*/true);
      EXPECT_GT(errors.result, 0.9) << Name(c, is_signed);
      EXPECT_GT(errors.sum, 3) << Name(c, is_signed);
    }
  }
}

}  // namespace
}  // namespace avocet
