#include "engine/kernels/depthwise.h"

#include <limits>
#include <string>

#include <gtest/gtest.h>

#include "engine/kernels/float32_any.h"
#include "tests/kernels/values.h"
#include "tests/reference/worst.h"

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

// Ugly shapes: channels that do not fill a vector, images smaller than the filter, rows that are no
// multiple of what the kernel computes at once, TensorFlow's uneven padding.
const Case kCases[] = {
    {16, 14, 14, 3, 1, 1, 1, ActivationKind::kSilu},
    {33, 1, 1, 3, 1, 1, 1},
    {7, 2, 5, 7, 1, 3, 3, ActivationKind::kGelu},
    {96, 17, 30, 3, 2, 0, 1, ActivationKind::kRelu6},
    {40, 15, 15, 5, 2, 2, 2, ActivationKind::kSilu},
    {20, 9, 23, 5, 1, 2, 2, std::nullopt, false},
    {17, 16, 16, 7, 2, 2, 3, ActivationKind::kRelu},
    {48, 8, 57, 7, 1, 3, 3},
};

int Size(int size, const Case& c) {
  return (size + c.pad_begin + c.pad_end - c.kernel) / c.stride + 1;
}

// Largest error of a run, in tolerances; that of the sums, too. `broken` adds 1 to one weight of
// the kernel's, which must show. `run` is RunDepthwise or its like.
template <typename T, typename Dst = T>
double Error(const Case& c, bool broken = false,
             void (*run)(const Depthwise<T, Dst>&, int, int, int, int,
                         float*) = RunDepthwise<T, Dst>) {
  const int out_height = Size(c.height, c);
  const int out_width = Size(c.width, c);
  const auto channels = static_cast<std::size_t>(c.channels);
  const std::vector<T> src =
      Values<T>("src", static_cast<std::size_t>(c.height * c.width) * channels);
  const std::vector<float> weights =
      Values<float>("weights", channels * static_cast<std::size_t>(c.kernel * c.kernel));
  const std::vector<float> bias = Values<float>("bias", channels);
  std::vector<Dst> dst(static_cast<std::size_t>(out_height * out_width) * channels);

  std::vector<float> packed((channels + 15) / 16 * 16 *
                            static_cast<std::size_t>(c.kernel * c.kernel));
  for (int channel = 0; channel < c.channels; ++channel) {
    for (int tap = 0; tap < c.kernel * c.kernel; ++tap) {
      const int place = (channel / kDepthwiseTile * c.kernel * c.kernel + tap) * kDepthwiseTile +
                        channel % kDepthwiseTile;
      packed[static_cast<std::size_t>(place)] =
          weights[static_cast<std::size_t>(channel * c.kernel * c.kernel + tap)];
    }
  }
  if (broken) {
    const int centre = c.kernel * c.kernel / 2;
    packed[static_cast<std::size_t>(centre * kDepthwiseTile)] += 1.0f;
  }
  const Depthwise<T, Dst> conv = {.src = src.data(),
                                  .weights = packed.data(),
                                  .bias = c.bias ? bias.data() : nullptr,
                                  .dst = dst.data(),
                                  .channels = c.channels,
                                  .height = c.height,
                                  .width = c.width,
                                  .out_height = out_height,
                                  .out_width = out_width,
                                  .pad_top = c.pad_begin,
                                  .pad_left = c.pad_begin,
                                  .activation = c.activation};
  std::vector<float> sums(channels, 0.5f);
  run(conv, c.kernel, c.stride, 0, out_height / 2, sums.data());
  Depthwise<T, Dst> rest = conv;
  rest.dst_begin = out_height / 2;
  rest.dst += static_cast<std::size_t>(rest.dst_begin * out_width) * channels;
  run(rest, c.kernel, c.stride, rest.dst_begin, out_height, sums.data());

  double worst = 0;
  for (int channel = 0; channel < c.channels; ++channel) {
    double total = 0.5;
    for (int y = 0; y < out_height; ++y) {
      for (int x = 0; x < out_width; ++x) {
        double sum = c.bias ? bias[static_cast<std::size_t>(channel)] : 0.0;
        for (int ky = 0; ky < c.kernel; ++ky) {
          for (int kx = 0; kx < c.kernel; ++kx) {
            const int row = y * c.stride + ky - c.pad_begin;
            const int column = x * c.stride + kx - c.pad_begin;
            if (row < 0 || row >= c.height || column < 0 || column >= c.width) continue;
            sum += ToDouble(src[static_cast<std::size_t>((row * c.width + column) * c.channels +
                                                         channel)]) *
                   weights[static_cast<std::size_t>((channel * c.kernel + ky) * c.kernel + kx)];
          }
        }
        const double expected = Activated(c.activation, sum);
        total += expected;
        const double found =
            ToDouble(dst[static_cast<std::size_t>((y * out_width + x) * c.channels + channel)]);
        worst = Worst(worst, std::abs(found - expected) / Tolerance<Dst>(expected));
      }
    }
    worst = Worst(worst, std::abs(sums[static_cast<std::size_t>(channel)] - total) /
                             (Tolerance<Dst>(0) * out_height * out_width));
  }
  return worst;
}

std::string Name(const Case& c) {
  return std::to_string(c.channels) + " channels of " + std::to_string(c.height) + " x " +
         std::to_string(c.width) + ", filter " + std::to_string(c.kernel) + " / " +
         std::to_string(c.stride);
}

TEST(Depthwise, EqualsTheDefinitionInFloat32) {
  if (!HasKernels<float>()) GTEST_SKIP() << "neither AVX-512 nor AVX2";
  for (const Case& c : kCases) EXPECT_LT(Error<float>(c), 1) << Name(c);
}

TEST(Depthwise, OnAnyCpuEqualsTheDefinition) {
  for (const Case& c : kCases) {
    EXPECT_LT(Error<float>(c, /*broken=*/false, RunDepthwiseAny), 1) << Name(c);
    EXPECT_GT(Error<float>(c, /*broken=*/true, RunDepthwiseAny), 10) << Name(c);
  }
}

TEST(Depthwise, EqualsTheDefinitionInBFloat16) {
  if (!HasKernels<BFloat16>()) GTEST_SKIP() << "no AVX512-BF16";
  for (const Case& c : kCases) EXPECT_LT(Error<BFloat16>(c), 1) << Name(c);
}

TEST(Depthwise, RoundsFloat32ToBFloat16) {
  if (!HasKernels<BFloat16>()) GTEST_SKIP() << "no AVX512-BF16";
  for (const Case& c : kCases) EXPECT_LT((Error<float, BFloat16>(c)), 1) << Name(c);
}

// Integers of 8 bits are numbers like others, but for the rounding of the result.
template <typename T>
void ExpectIntegersLikeFloats(const Case& c) {
  const std::size_t size = static_cast<std::size_t>(c.height * c.width * c.channels);
  const auto results = static_cast<std::size_t>(Size(c.height, c) * Size(c.width, c) * c.channels);
  const std::vector<float> weights = Values<float>(
      "weights", static_cast<std::size_t>((c.channels + 15) / 16 * 16 * c.kernel * c.kernel));
  const std::vector<float> bias = Values<float>("bias", static_cast<std::size_t>(c.channels));
  std::vector<float> floats;
  std::vector<T> integers;
  for (const float value : NamedValues("src", size)) {
    integers.push_back(static_cast<T>(static_cast<int>(value * 100.0f)));
    floats.push_back(integers.back());
  }
  std::vector<float> expected(results);
  std::vector<T> found(results);
  std::vector<T> from_floats(results);
  const auto run = [&]<typename Src, typename Dst>(const std::vector<Src>& src,
                                                   std::vector<Dst>& dst, float scale) {
    const Depthwise<Src, Dst> conv = {.src = src.data(),
                                      .weights = weights.data(),
                                      .bias = bias.data(),
                                      .dst = dst.data(),
                                      .channels = c.channels,
                                      .height = c.height,
                                      .width = c.width,
                                      .out_height = Size(c.height, c),
                                      .out_width = Size(c.width, c),
                                      .pad_top = c.pad_begin,
                                      .pad_left = c.pad_begin,
                                      .activation = ActivationKind::kRelu,
                                      .dst_scale = scale};
    RunDepthwise(conv, c.kernel, c.stride, 0, conv.out_height, nullptr);
  };
  constexpr float kScale = 3.0f;
  run(floats, expected, 1.0f);
  run(integers, found, kScale);
  run(floats, from_floats, kScale);
  const double most = std::numeric_limits<T>::max();
  for (std::size_t i = 0; i < results; ++i) {
    ASSERT_NEAR(found[i], std::clamp(expected[i] / kScale, 0.0f, static_cast<float>(most)), 0.501)
        << Name(c) << " at " << i;
    ASSERT_NEAR(from_floats[i], found[i], 1) << Name(c) << " at " << i;
  }
}

TEST(Depthwise, TakesIntegersOf8Bits) {
  if (!HasAvx512Kernels()) GTEST_SKIP() << "no AVX-512";
  for (const Case& c : kCases) {
    ExpectIntegersLikeFloats<std::int8_t>(c);
    ExpectIntegersLikeFloats<std::uint8_t>(c);
  }
}

TEST(Depthwise, ABrokenWeightShows) {
  if (!HasKernels<BFloat16>()) GTEST_SKIP() << "no AVX512-BF16";
  for (const Case& c : kCases) {
    EXPECT_GT(Error<float>(c, /*broken=*/true), 10) << Name(c);
    EXPECT_GT(Error<BFloat16>(c, /*broken=*/true), 1) << Name(c);
  }
}

TEST(Depthwise, KnowsItsSizes) {
  EXPECT_TRUE(HasDepthwiseKernel(3, 1));
  EXPECT_TRUE(HasDepthwiseKernel(7, 2));
  EXPECT_FALSE(HasDepthwiseKernel(9, 1));
  EXPECT_FALSE(HasDepthwiseKernel(3, 3));
}

}  // namespace
}  // namespace avocet
