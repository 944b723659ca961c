#include "engine/kernels/gated_norm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <vector>

#include "tests/kernels/values.h"
#include "tests/reference/worst.h"

namespace avocet {
namespace {

// Vectors of all widths, and more than one block of pixels.
constexpr int kChannels = 27;
constexpr int kPixels = 45;

// By a difference.
double Slope(std::optional<ActivationKind> kind, double x) {
  constexpr double kStep = 1e-5;
  return (Activated(kind, x + kStep) - Activated(kind, x - kStep)) / (2 * kStep);
}

class GatedNormTest : public testing::TestWithParam<std::optional<ActivationKind>> {
 protected:
  NormChannels Norm() const {
    return {.channels = kChannels,
            .mean = mean_.data(),
            .inverse = inverse_.data(),
            .weight = weight_.data(),
            .bias = bias_.data(),
            .activation = GetParam()};
  }
  static std::size_t At(int pixel, int c) {
    return static_cast<std::size_t>(pixel * kChannels + c);
  }

  // Expected numbers of one channel, from src and diff of any type.
  template <typename T>
  std::vector<double> Expected(const std::vector<T>& src, const std::vector<T>& diff, int c,
                               double* result) const {
    std::vector<double> sums(kGateSums);
    const auto i = static_cast<std::size_t>(c);
    for (int p = 0; p < kPixels; ++p) {
      const double normal = (ToDouble(src[At(p, c)]) - mean_[i]) * inverse_[i];
      const double y = normal * weight_[i] + bias_[i];
      const double diff_dst = ToDouble(diff[At(p, c)]);
      *result += Activated(GetParam(), y);
      sums[kGateDiff] += diff_dst * Activated(GetParam(), y);
      sums[kGateSlopeDiff] += Slope(GetParam(), y) * diff_dst;
      sums[kGateSlopeDiffNormal] += Slope(GetParam(), y) * diff_dst * normal;
      sums[kGateSlope] += Slope(GetParam(), y);
      sums[kGateSlopeNormal] += Slope(GetParam(), y) * normal;
    }
    return sums;
  }

  // Largest error of all sums, relative to a sum of as many ones. `shift` is added to one number of
  // the source that the kernels read.
  template <typename T>
  double Error(float shift) const {
    std::vector<T> src = Values<T>("src", At(kPixels, 0));
    const std::vector<T> diff = Values<T>("diff", At(kPixels, 0));
    std::vector<double> results(kChannels, 2.0), sums(kChannels * kGateSums, 2.0);
    const std::vector<T> exact = src;
    src[At(kPixels - 1, kChannels - 1)] =
        FromFloat<T>(static_cast<float>(ToDouble(src[At(kPixels - 1, kChannels - 1)])) + shift);
    AddNormResults(Norm(), src.data(), kPixels, results.data());
    AddGateGradients(Norm(), src.data(), diff.data(), kPixels, sums.data());
    double worst = 0;
    for (int c = 0; c < kChannels; ++c) {
      double result = 2.0;
      const std::vector<double> expected = Expected(exact, diff, c, &result);
      worst = Worst(worst, std::abs(results[static_cast<std::size_t>(c)] - result) / kPixels);
      for (int s = 0; s < kGateSums; ++s) {
        const auto place = static_cast<std::size_t>(s * kChannels + c);
        worst = Worst(
            worst, std::abs(sums[place] - 2.0 - expected[static_cast<std::size_t>(s)]) / kPixels);
      }
    }
    return worst;
  }

  std::vector<float> mean_ = NamedValues("mean", kChannels);
  std::vector<float> inverse_ = NamedValues("inverse", kChannels);
  std::vector<float> weight_ = NamedValues("weight", kChannels);
  std::vector<float> bias_ = NamedValues("bias", kChannels);
};

TEST_P(GatedNormTest, SumsEqualTheDefinition) {
  EXPECT_LT(Error<float>(0), 1e-6);
  EXPECT_LT(Error<BFloat16>(0), 1e-6);
}

TEST_P(GatedNormTest, OneNumberIsNoticed) { EXPECT_GT(Error<float>(0.5f), 1e-5); }

INSTANTIATE_TEST_SUITE_P(All, GatedNormTest,
                         testing::Values(std::nullopt, ActivationKind::kSilu,
                                         ActivationKind::kGelu));

}  // namespace
}  // namespace avocet
