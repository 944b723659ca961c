#include "engine/kernels/pointwise_digits.h"

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "tests/kernels/values.h"
#include "tests/reference/worst.h"

namespace avocet {
namespace {

struct Case {
  int pixels;
  int in_channels;
  int out_channels;
  bool bias = true;
};

// Sizes that fill no register, no part and no tile, several slices of input channels, blocks of
// pixels and blocks of output channels.
const Case kCases[] = {{1, 1, 1},     {3, 64, 16},    {17, 63, 15, false},
                       {32, 65, 17},  {33, 96, 384},  {257, 130, 40},
                       {40, 260, 33}, {5, 1000, 700}, {300, 512, 48, false}};

struct Free {
  void operator()(std::uint8_t* memory) const { std::free(memory); }
};

// Weights [out_channels, in_channels], or with `turned` [in_channels, out_channels], laid out in
// two parts as threads would.
std::unique_ptr<std::uint8_t, Free> Pack(const Case& c, const std::vector<float>& weights,
                                         bool turned) {
  const std::size_t bytes = DigitWeightsBytes(c.in_channels, c.out_channels);
  std::unique_ptr<std::uint8_t, Free> packed(
      static_cast<std::uint8_t*>(std::aligned_alloc(64, (bytes + 63) / 64 * 64)));
  const DigitWeights matrix = {.matrix = weights.data(),
                               .to_stride = turned ? 1 : c.in_channels,
                               .from_stride = turned ? c.out_channels : 1,
                               .to = c.out_channels,
                               .from = c.in_channels};
  const int parts = DigitWeightsParts(c.out_channels);
  PackDigitWeights(matrix, 0, parts / 2, packed.get());
  PackDigitWeights(matrix, parts / 2, parts, packed.get());
  return packed;
}

std::vector<float> Results(const Case& c, const std::vector<float>& src,
                           const std::vector<float>& weights, const std::vector<float>& bias,
                           bool turned) {
  const auto packed = Pack(c, weights, turned);
  std::vector<float> dst(static_cast<std::size_t>(c.pixels * c.out_channels), 7.0f);
  RunPointwiseDigits({.src = src.data(),
                      .weights = packed.get(),
                      .bias = c.bias ? bias.data() : nullptr,
                      .dst = dst.data(),
                      .pixels = c.pixels,
                      .in_channels = c.in_channels,
                      .out_channels = c.out_channels});
  return dst;
}

// Largest error, in tolerances. `broken` adds 1 to one weight of the kernel's.
double Error(const Case& c, bool turned, bool broken = false) {
  const auto in = static_cast<std::size_t>(c.in_channels);
  const auto out = static_cast<std::size_t>(c.out_channels);
  const auto pixels = static_cast<std::size_t>(c.pixels);
  const std::vector<float> src = Values<float>("src", pixels * in);
  const std::vector<float> weights = Values<float>("weights", out * in);
  const std::vector<float> bias = Values<float>("bias", out);
  const auto place = [&](std::size_t o, std::size_t i) {
    return turned ? i * out + o : o * in + i;
  };
  std::vector<float> given = weights;
  if (broken) given[place(out - 1, in - 1)] += 1.0f;
  const std::vector<float> dst = Results(c, src, given, bias, turned);
  double worst = 0;
  for (std::size_t p = 0; p < pixels; ++p) {
    for (std::size_t o = 0; o < out; ++o) {
      double sum = c.bias ? bias[o] : 0.0;
      for (std::size_t i = 0; i < in; ++i) sum += double{src[p * in + i]} * weights[place(o, i)];
      const double size = std::max(std::abs(sum), std::sqrt(static_cast<double>(in)));
      worst = Worst(worst, std::abs(dst[p * out + o] - sum) / Tolerance<float>(size));
    }
  }
  return worst;
}

TEST(PointwiseDigits, EqualTheDefinition) {
  if (!HasAmxKernels()) GTEST_SKIP() << "no AMX";
  for (const Case& c : kCases) {
    EXPECT_LT(Error(c, /*turned=*/false), 1) << PointwiseName(c);
    EXPECT_LT(Error(c, /*turned=*/true), 1) << PointwiseName(c) << ", turned";
  }
}

TEST(PointwiseDigits, ABrokenWeightShows) {
  if (!HasAmxKernels()) GTEST_SKIP() << "no AMX";
  for (const Case& c : kCases) {
    EXPECT_GT(Error(c, /*turned=*/false, /*broken=*/true), 10) << PointwiseName(c);
    EXPECT_GT(Error(c, /*turned=*/true, /*broken=*/true), 10) << PointwiseName(c) << ", turned";
  }
}

// Numbers of one row share a scale; those of another, and those of another output channel, do not.
TEST(PointwiseDigits, RowsOfAnyMagnitudeAreAsExactAsTheirLargestNumber) {
  if (!HasAmxKernels()) GTEST_SKIP() << "no AMX";
  const Case c = {.pixels = 4, .in_channels = 64, .out_channels = 2, .bias = false};
  std::vector<float> src(256);
  std::vector<float> weights(128);
  const float magnitudes[] = {1e-20f, 1.0f, 3e15f, 0.0f};
  for (std::size_t i = 0; i < 256; ++i) {
    src[i] = magnitudes[i / 64] * (i % 64 == 5 ? 1.0f : 0.01f * static_cast<float>(i % 7));
  }
  for (std::size_t i = 0; i < 128; ++i) weights[i] = i < 64 ? 1e-10f : 0.5f;
  const std::vector<float> dst = Results(c, src, weights, {}, /*turned=*/false);
  for (std::size_t p = 0; p < 4; ++p) {
    for (std::size_t o = 0; o < 2; ++o) {
      double sum = 0;
      for (std::size_t i = 0; i < 64; ++i) sum += double{src[p * 64 + i]} * weights[o * 64 + i];
      EXPECT_NEAR(dst[p * 2 + o], sum, 1e-6 * sum) << p << ", " << o;
    }
  }
}

TEST(PointwiseDigits, WhatIsNoNumberReachesTheResultsOfItsPixelAlone) {
  if (!HasAmxKernels()) GTEST_SKIP() << "no AMX";
  const Case c = {.pixels = 3, .in_channels = 70, .out_channels = 18, .bias = false};
  for (const float bad :
       {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
        std::numeric_limits<float>::quiet_NaN()}) {
    std::vector<float> src = Values<float>("src", 210);
    src[70 + 66] = bad;
    const std::vector<float> dst = Results(c, src, Values<float>("weights", 1260), {}, false);
    for (std::size_t i = 0; i < dst.size(); ++i) {
      EXPECT_EQ(std::isfinite(dst[i]), i / 18 != 1) << bad << " at " << i;
    }
  }
}

}  // namespace
}  // namespace avocet
