#include "engine/kernels/depthwise_norm.h"

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <type_traits>

#include <gtest/gtest.h>

#include "tests/kernels/values.h"
#include "tests/reference/worst.h"

namespace avocet {
namespace {

struct Case {
  int channels;
  int height;
  int width;
  bool bias = true;
};

// Channels that do not fill a vector, images smaller than the filter and no multiple of 7.
const Case kCases[] = {{16, 14, 14}, {33, 1, 1}, {7, 2, 5}, {96, 9, 23}, {40, 7, 7, false}};

constexpr int kSize = kDepthwiseNormKernel;
constexpr int kPad = 3;
constexpr double kEpsilon = 1e-6;
constexpr float kScale = 0.03f;  // of results in 8 bits

template <typename T>
std::vector<T> Source(std::size_t size) {
  if constexpr (std::is_same_v<T, std::int8_t>) {
    std::vector<T> integers;
    for (const float value : NamedValues("src", size)) {
      integers.push_back(static_cast<T>(static_cast<int>(value * 100.0f)));
    }
    return integers;
  } else {
    return Values<T>("src", size);
  }
}

template <typename T>
double Real(T value) {
  if constexpr (std::is_same_v<T, std::int8_t>) {
    return value;
  } else {
    return ToDouble(value);
  }
}

// Largest error of a run, in tolerances. `broken` adds 1 to one weight of the kernel's filter.
template <typename T>
double Error(const Case& c, bool broken = false) {
  constexpr bool kIsInt8 = std::is_same_v<T, std::int8_t>;
  const auto channels = static_cast<std::size_t>(c.channels);
  const auto pixels = static_cast<std::size_t>(c.height * c.width);
  const std::vector<T> src = Source<T>(pixels * channels);
  const std::vector<float> filter = Values<float>("filter", channels * kSize * kSize);
  const std::vector<float> shift = Values<float>("shift", channels);
  const std::vector<float> weight = Values<float>("weight", channels);
  const std::vector<float> bias = Values<float>("bias", channels);
  std::vector<T> dst(pixels * channels);
  std::vector<float> packed((channels + 15) / 16 * 16 * kSize * kSize);
  for (std::size_t channel = 0; channel < channels; ++channel) {
    for (std::size_t tap = 0; tap < kSize * kSize; ++tap) {
      packed[(channel / kDepthwiseTile * kSize * kSize + tap) * kDepthwiseTile +
             channel % kDepthwiseTile] = filter[channel * kSize * kSize + tap];
    }
  }
  if (broken) packed[kSize * kSize / 2 * kDepthwiseTile] += 1.0f;
  const DepthwiseNorm<T, T> step = {.conv = {.src = src.data(),
                                             .weights = packed.data(),
                                             .bias = c.bias ? shift.data() : nullptr,
                                             .dst = nullptr,
                                             .channels = c.channels,
                                             .height = c.height,
                                             .width = c.width,
                                             .out_height = c.height,
                                             .out_width = c.width,
                                             .pad_top = kPad,
                                             .pad_left = kPad,
                                             .activation = std::nullopt},
                                    .weight = weight.data(),
                                    .bias = bias.data(),
                                    .epsilon = static_cast<float>(kEpsilon),
                                    .dst = dst.data(),
                                    .dst_scale = kIsInt8 ? kScale : 1.0f};
  void* const scratch =
      std::aligned_alloc(64, (DepthwiseNormScratchBytes(c.channels) + 63) / 64 * 64);
  RunDepthwiseNorm(step, 0, c.height / 2, scratch);
  RunDepthwiseNorm(step, c.height / 2, c.height, scratch);
  std::free(scratch);

  double worst = 0;
  std::vector<double> convolved(channels);
  for (int y = 0; y < c.height; ++y) {
    for (int x = 0; x < c.width; ++x) {
      double mean = 0;
      for (int channel = 0; channel < c.channels; ++channel) {
        double sum = c.bias ? shift[static_cast<std::size_t>(channel)] : 0.0;
        for (int ky = 0; ky < kSize; ++ky) {
          for (int kx = 0; kx < kSize; ++kx) {
            const int row = y + ky - kPad;
            const int column = x + kx - kPad;
            if (row < 0 || row >= c.height || column < 0 || column >= c.width) continue;
            const int place = (row * c.width + column) * c.channels + channel;
            const int tap = (channel * kSize + ky) * kSize + kx;
            sum +=
                Real(src[static_cast<std::size_t>(place)]) * filter[static_cast<std::size_t>(tap)];
          }
        }
        convolved[static_cast<std::size_t>(channel)] = sum;
        mean += sum / c.channels;
      }
      double variance = 0;
      for (const double value : convolved) variance += (value - mean) * (value - mean);
      variance /= c.channels;
      const std::size_t pixel = static_cast<std::size_t>(y * c.width + x) * channels;
      for (std::size_t channel = 0; channel < channels; ++channel) {
        const double expected =
            (convolved[channel] - mean) / std::sqrt(variance + kEpsilon) * weight[channel] +
            bias[channel];
        const double found = Real(dst[pixel + channel]);
        if constexpr (kIsInt8) {
          const double integer = std::clamp(expected / kScale, -128.0, 127.0);
          worst = Worst(worst, std::abs(found - integer) / 0.501);
        } else {
          worst = Worst(worst, std::abs(found - expected) / Tolerance<T>(expected));
        }
      }
    }
  }
  return worst;
}

std::string Name(const Case& c) {
  return std::to_string(c.channels) + " channels of " + std::to_string(c.height) + " x " +
         std::to_string(c.width);
}

TEST(DepthwiseNorm, EqualsTheDefinition) {
  if (!HasAvx512Kernels()) GTEST_SKIP() << "no AVX-512";
  for (const Case& c : kCases) {
    EXPECT_LT(Error<float>(c), 1) << Name(c);
    EXPECT_LT(Error<std::int8_t>(c), 1) << Name(c);
  }
}

TEST(DepthwiseNorm, EqualsTheDefinitionInBFloat16) {
  if (!HasKernels<BFloat16>()) GTEST_SKIP() << "no AVX512-BF16";
  for (const Case& c : kCases) EXPECT_LT(Error<BFloat16>(c), 1) << Name(c);
}

TEST(DepthwiseNorm, ABrokenWeightShows) {
  if (!HasAvx512Kernels()) GTEST_SKIP() << "no AVX-512";
  for (const Case& c : kCases) {
    EXPECT_GT(Error<float>(c, /*broken=*/true), 10) << Name(c);
    EXPECT_GT(Error<std::int8_t>(c, /*broken=*/true), 1) << Name(c);
  }
}

}  // namespace
}  // namespace avocet
