// The activations, through a 1x1 convolution that passes its input on.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include <gtest/gtest.h>

#include "engine/kernels/pointwise.h"
#include "tests/kernels/values.h"

namespace avocet {
namespace {

// f of every number in `src`, each in a pixel of one channel (two for bfloat16, the second zero).
template <typename T>
std::vector<T> Apply(ActivationKind kind, const std::vector<float>& src) {
  constexpr int kInner = sizeof(T) == 4 ? 1 : 2;
  std::vector<T> pixels;
  for (const float value : src) {
    pixels.push_back(FromFloat<T>(value));
    if (kInner == 2) pixels.push_back(FromFloat<T>(0.0f));
  }
  alignas(64) T weights[kPointwiseTile * kInner] = {};
  weights[0] = FromFloat<T>(1.0f);
  std::vector<T> dst(src.size());
  const Pointwise<T> conv = {.src = pixels.data(),
                             .weights = weights,
                             .bias = nullptr,
                             .gate = nullptr,
                             .residual = nullptr,
                             .dst = dst.data(),
                             .in_channels = kInner,
                             .out_channels = 1,
                             .activation = kind};
  RunPointwise(conv, 0, static_cast<int>(src.size()), 0, 1, nullptr);
  return dst;
}

// How far a result may be off.
template <typename T>
double Limit(ActivationKind kind, double x, double expected) {
  if constexpr (std::is_same_v<T, BFloat16>) return 0.0042 * std::abs(expected) + 8e-5;
  // A few units in the last place: of the result, of the argument of the exponential (whose error
  // is relative to the result), and, for GELU, of half the argument, as its definition adds 1 to
  // nearly -1. What is below 1e-27 counts as zero.
  double size = std::abs(expected) * (1.0 + std::abs(x) / 4.0);
  if (kind == ActivationKind::kGelu) size += std::abs(x) / 2.0;
  return 3e-7 * size + 1e-27;
}

// Whether the kernel is right from -90 to 90, `step` apart. It reads the pixel of 1 off by
// `perturbation`.
template <typename T>
testing::AssertionResult IsRight(ActivationKind kind, float step, float perturbation = 0) {
  std::vector<float> src;
  for (float x = -90.0f; x <= 90.0f; x += step) {
    src.push_back(static_cast<float>(ToDouble(FromFloat<T>(x))));
  }
  std::vector<float> perturbed = src;
  *std::ranges::find(perturbed, 1.0f) += perturbation;
  const std::vector<T> found = Apply<T>(kind, perturbed);
  for (std::size_t i = 0; i < src.size(); ++i) {
    const double expected = Activated(kind, src[i]);
    // So written that NaN is wrong.
    if (!(std::abs(ToDouble(found[i]) - expected) <= Limit<T>(kind, src[i], expected))) {
      return testing::AssertionFailure()
             << "at " << src[i] << ": expected " << expected << ", found " << ToDouble(found[i]);
    }
  }
  return testing::AssertionSuccess();
}

constexpr float kStep = 0.0078125f;
constexpr float kBFloat16Step = 0.03125f;

class Activations : public testing::TestWithParam<ActivationKind> {};

TEST_P(Activations, AreRightToFloat32Rounding) {
  if (!HasKernels<float>()) GTEST_SKIP() << "neither AVX-512 nor AVX2";
  EXPECT_TRUE(IsRight<float>(GetParam(), kStep));
}

// The twin. Sigmoid passes on a fifth of the difference, seven times what it may be off.
TEST_P(Activations, InFloat32OnePerturbedPixelIsNoticed) {
  if (!HasKernels<float>()) GTEST_SKIP() << "neither AVX-512 nor AVX2";
  EXPECT_FALSE(IsRight<float>(GetParam(), kStep, 1e-5f));
}

TEST_P(Activations, AreRightToBFloat16Rounding) {
  if (!HasKernels<BFloat16>()) GTEST_SKIP() << "no AVX512-BF16";
  EXPECT_TRUE(IsRight<BFloat16>(GetParam(), kBFloat16Step));
}

// The twin. A sixteenth is eight units in the last place of 1.
TEST_P(Activations, InBFloat16OnePerturbedPixelIsNoticed) {
  if (!HasKernels<BFloat16>()) GTEST_SKIP() << "no AVX512-BF16";
  EXPECT_FALSE(IsRight<BFloat16>(GetParam(), kBFloat16Step, 0.0625f));
}

TEST_P(Activations, PassNanOn) {
  if (!HasKernels<float>()) GTEST_SKIP() << "neither AVX-512 nor AVX2";
  const std::vector<float> found =
      Apply<float>(GetParam(), {std::numeric_limits<float>::quiet_NaN(), 1.0f});
  EXPECT_TRUE(std::isnan(found[0]));
  EXPECT_NEAR(found[1], Activated(GetParam(), 1.0), 1e-6);
}

INSTANTIATE_TEST_SUITE_P(All, Activations,
                         testing::Values(ActivationKind::kRelu, ActivationKind::kRelu6,
                                         ActivationKind::kSilu, ActivationKind::kGelu,
                                         ActivationKind::kSigmoid),
                         [](const auto& param) {
                           return std::string(ActivationName(param.param));
                         });

}  // namespace
}  // namespace avocet
