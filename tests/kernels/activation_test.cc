// The activations, through a 1x1 convolution that passes its input on.
#include <cmath>
#include <limits>

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

class Activations : public testing::TestWithParam<ActivationKind> {};

TEST_P(Activations, AreRightToFloat32Rounding) {
  if (!HasKernels<float>()) GTEST_SKIP() << "neither AVX-512 nor AVX2";
  std::vector<float> src;
  for (float x = -90.0f; x <= 90.0f; x += 0.0078125f) src.push_back(x);
  const std::vector<float> found = Apply<float>(GetParam(), src);
  for (std::size_t i = 0; i < src.size(); ++i) {
    // A few units in the last place: of the result, of the argument of the exponential (whose error
    // is relative to the result), and, for GELU, of half the argument, as its definition adds 1 to
    // nearly -1. What is below 1e-27 counts as zero.
    const double expected = Activated(GetParam(), src[i]);
    double size = std::abs(expected) * (1.0 + std::abs(src[i]) / 4.0);
    if (GetParam() == ActivationKind::kGelu) size += std::abs(src[i]) / 2.0;
    ASSERT_NEAR(found[i], expected, 3e-7 * size + 1e-27) << "at " << src[i];
  }
}

TEST_P(Activations, AreRightToBFloat16Rounding) {
  if (!HasKernels<BFloat16>()) GTEST_SKIP() << "no AVX512-BF16";
  std::vector<float> src;
  for (float x = -90.0f; x <= 90.0f; x += 0.03125f) {
    src.push_back(static_cast<float>(ToDouble(FromFloat<BFloat16>(x))));
  }
  const std::vector<BFloat16> found = Apply<BFloat16>(GetParam(), src);
  for (std::size_t i = 0; i < src.size(); ++i) {
    const double expected = Activated(GetParam(), src[i]);
    ASSERT_NEAR(ToDouble(found[i]), expected, 0.0042 * std::abs(expected) + 8e-5)
        << "at " << src[i];
  }
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
