// Results that go past the caches are the same bits as others, and results with slopes fit them.
// What the bits are, tests/onednn/training/gradient_test.cc checks.
#include "engine/kernels/batch_norm.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "tests/reference/golden.h"

namespace avocet {
namespace {

constexpr int kPixels = 71;
constexpr int kChannels = 48;
constexpr std::size_t kSize = std::size_t{kPixels} * kChannels;

// Numbers from a line of the cache on.
struct alignas(64) Line {
  float values[16];
};
static_assert(kSize % 16 == 0);

class NormResultsTest : public testing::TestWithParam<std::optional<ActivationKind>> {
 protected:
  NormChannels Norm(bool streams) const {
    return {.channels = kChannels,
            .mean = mean_.data(),
            .inverse = inverse_.data(),
            .weight = weight_.data(),
            .bias = bias_.data(),
            .activation = GetParam(),
            .streams = streams};
  }

  std::vector<float> mean_ = NamedValues("mean", kChannels);
  std::vector<float> inverse_ = NamedValues("inverse", kChannels);
  std::vector<float> weight_ = NamedValues("weight", kChannels);
  std::vector<float> bias_ = NamedValues("bias", kChannels);
  std::vector<float> src_ = NamedValues("src", kSize);
  std::vector<float> other_ = NamedValues("other", kSize);
};

TEST_P(NormResultsTest, ForwardStreamsTheSameBits) {
  std::vector<Line> streamed(kSize / 16), plain(kSize / 16);
  NormForward<float>(Norm(true), src_.data(), weight_.data(), kPixels, streamed[0].values);
  NormForward<float>(Norm(false), src_.data(), weight_.data(), kPixels, plain[0].values);
  for (std::size_t line = 0; line < plain.size(); ++line) {
    ASSERT_TRUE(std::ranges::equal(streamed[line].values, plain[line].values)) << "line " << line;
  }
  EXPECT_NE(plain.back().values[15], 0);
}

TEST_P(NormResultsTest, BackwardStreamsTheSameBits) {
  std::vector<Line> streamed(kSize / 16), plain(kSize / 16);
  NormBackward<float>(Norm(true), {bias_.data(), mean_.data()}, src_.data(), other_.data(), kPixels,
                      streamed[0].values);
  NormBackward<float>(Norm(false), {bias_.data(), mean_.data()}, src_.data(), other_.data(),
                      kPixels, plain[0].values);
  for (std::size_t line = 0; line < plain.size(); ++line) {
    ASSERT_TRUE(std::ranges::equal(streamed[line].values, plain[line].values)) << "line " << line;
  }
  EXPECT_NE(plain.back().values[15], 0);
}

// What AddNormGradients sums up, times the gradient.
TEST_P(NormResultsTest, SlopesAreThoseOfTheGradients) {
  std::vector<float> dst(kSize), slope(kSize), slope_normalised(kSize), forward(kSize);
  NormForwardSlopes(Norm(false), src_.data(), kPixels,
                    {dst.data(), slope.data(), slope_normalised.data()});
  NormForward<float>(Norm(false), src_.data(), nullptr, kPixels, forward.data());
  EXPECT_EQ(dst, forward);
  std::vector<double> sums(2 * kChannels);
  AddNormGradients<float>(Norm(false), src_.data(), other_.data(), kPixels, sums.data());
  for (std::size_t c = 0; c < kChannels; ++c) {
    double sum = 0, product = 0;
    for (std::size_t i = c; i < kSize; i += kChannels) {
      sum += slope[i] * other_[i];
      product += slope_normalised[i] * other_[i];
    }
    EXPECT_NEAR(sums[c], sum, 1e-5 * kPixels) << "channel " << c;
    EXPECT_NEAR(sums[kChannels + c], product, 1e-5 * kPixels) << "channel " << c;
  }
}

INSTANTIATE_TEST_SUITE_P(All, NormResultsTest,
                         testing::Values(std::nullopt, ActivationKind::kRelu6,
                                         ActivationKind::kSilu));

}  // namespace
}  // namespace avocet
