#include "engine/kernels/winograd.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "engine/kernels/outer_products.h"
#include "engine/kernels/winograd_backward.h"
#include "tests/kernels/values.h"
#include "tests/reference/worst.h"

namespace avocet {
namespace {

struct Case {
  WinogradSizes sizes;
  int images = 1;
  std::optional<ActivationKind> activation = std::nullopt;
  bool has_bias = false;
  bool has_residual = false;
};

// Results that fill no tile, images of one pixel, a source without padding and with an uneven one,
// channels that fill no panel of AVX-512, more tiles than a block has,
// many channels.
const Case kCases[] = {
    {{4, 16, 16, 8, 8, 8, 8, 1, 1}, 1},
    {{2, 16, 16, 8, 8, 8, 8, 1, 1}, 1},
    {{4, 32, 48, 9, 14, 9, 14, 1, 1}, 2, ActivationKind::kRelu, true, true},
    {{2, 48, 32, 7, 7, 7, 7, 1, 1}, 3, ActivationKind::kSilu, true},
    {{4, 16, 80, 1, 1, 1, 1, 1, 1}, 1, std::nullopt, true},
    {{4, 64, 16, 13, 6, 11, 4, 0, 0}, 1, ActivationKind::kRelu6},
    {{2, 16, 16, 6, 5, 6, 5, 2, 0}, 2, std::nullopt, false, true},
    {{4, 16, 32, 40, 41, 40, 41, 1, 1}, 2, ActivationKind::kTanh, true},
    {{4, 256, 16, 12, 12, 12, 12, 1, 1}},
};

// On a cache line.
template <typename T>
class Buffer {
 public:
  explicit Buffer(std::size_t size) : values_(new (std::align_val_t(64)) T[size]) {}
  T* data() { return values_.get(); }

 private:
  struct Free {
    void operator()(T* values) const { ::operator delete[](values, std::align_val_t(64)); }
  };
  std::unique_ptr<T[], Free> values_;
};

std::size_t SourceSize(const Case& c) {
  return static_cast<std::size_t>(c.images * c.sizes.height * c.sizes.width * c.sizes.in_channels);
}
std::size_t ResultSize(const Case& c) {
  return static_cast<std::size_t>(c.images * c.sizes.out_height * c.sizes.out_width *
                                  c.sizes.out_channels);
}
std::size_t FiltersSize(const Case& c) {
  return static_cast<std::size_t>(c.sizes.in_channels * c.sizes.out_channels * 9);
}

// Calls body(pixel of the result, pixel of the source, tap) for all that meet.
template <typename Body>
void ForTaps(const Case& c, const Body& body) {
  const WinogradSizes& s = c.sizes;
  for (int n = 0; n < c.images; ++n) {
    for (int y = 0; y < s.out_height; ++y) {
      for (int x = 0; x < s.out_width; ++x) {
        for (int tap = 0; tap < 9; ++tap) {
          const int from_y = y - s.pad_top + tap / 3;
          const int from_x = x - s.pad_left + tap % 3;
          if (from_y < 0 || from_x < 0 || from_y >= s.height || from_x >= s.width) continue;
          body((n * s.out_height + y) * s.out_width + x, (n * s.height + from_y) * s.width + from_x,
               tap);
        }
      }
    }
  }
}

// Well above what bfloat16 rounds away.
constexpr float kBroken = 32;

// Largest error, in tolerances. The tiles and panels are computed in two parts each. `broken` adds
// kBroken to one number of the kernel's source.
template <typename T>
double Error(const Case& c, bool is_turned, bool broken = false) {
  const WinogradSizes& s = c.sizes;
  std::vector<T> src = Values<T>("src", SourceSize(c));
  const std::vector<T> weights = Values<T>("weights", FiltersSize(c));
  const std::vector<float> bias = Values<float>("bias", static_cast<std::size_t>(s.out_channels));
  const std::vector<T> residual = Values<T>("residual", ResultSize(c));
  std::vector<T> dst = residual;
  const auto tap_of = [&](int in, int out, int tap) {
    return ToDouble(weights[static_cast<std::size_t>((out * s.in_channels + in) * 9 +
                                                     (is_turned ? 8 - tap : tap))]);
  };

  std::vector<double> sums(ResultSize(c));
  ForTaps(c, [&](int to, int from, int tap) {
    for (int out = 0; out < s.out_channels; ++out) {
      double& sum = sums[static_cast<std::size_t>(to * s.out_channels + out)];
      for (int in = 0; in < s.in_channels; ++in) {
        sum += ToDouble(src[static_cast<std::size_t>(from * s.in_channels + in)]) *
               tap_of(in, out, tap);
      }
    }
  });

  Buffer<T> filters(FiltersSize(c));
  for (int out = 0; out < s.out_channels; ++out) {
    for (int i = 0; i < s.in_channels * 9; ++i) {
      filters.data()[(out / 16 * s.in_channels * 9 + i) * 16 + out % 16] =
          weights[static_cast<std::size_t>(out * s.in_channels * 9 + i)];
    }
  }
  if (broken) {
    T& value = src[src.size() / 2];
    value = FromFloat<T>(static_cast<float>(ToDouble(value)) + kBroken);
  }
  const Winograd<T> call = {.sizes = s,
                            .src = src.data(),
                            .filters = filters.data(),
                            .is_turned = is_turned,
                            .bias = c.has_bias ? bias.data() : nullptr,
                            .residual = c.has_residual ? dst.data() : nullptr,
                            .dst = dst.data(),
                            .activation = c.activation};
  const int tiles = c.images * s.tiles();
  Buffer<float> scratch(WinogradScratchSize(s, tiles));
  const int panels = WinogradPanels(s.out_channels);
  for (const auto& [first, last] : {std::pair(0, tiles / 3), std::pair(tiles / 3, tiles)}) {
    RunWinograd(call, first, last, 0, panels / 2, scratch.data());
    RunWinograd(call, first, last, panels / 2, panels, scratch.data());
  }

  // Sums of products that cancel: their errors go by the products.
  const double size = std::sqrt(s.in_channels * 9);
  double worst = 0;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    double expected = sums[i];
    if (c.has_bias) expected += bias[i % static_cast<std::size_t>(s.out_channels)];
    if (c.has_residual) expected += ToDouble(residual[i]);
    expected = Activated(c.activation, expected);
    worst = Worst(worst,
                  std::abs(ToDouble(dst[i]) - expected) / Tolerance<T>(size + std::abs(expected)));
  }
  return worst;
}

// The same for the gradient of the filters, in blocks of `block` tiles.
double DiffError(const Case& c, int block, bool broken = false) {
  const WinogradSizes& s = c.sizes;
  const std::vector<float> src = Values<float>("src", SourceSize(c));
  std::vector<float> diff_dst = Values<float>("diff_dst", ResultSize(c));
  std::vector<double> expected(FiltersSize(c));
  ForTaps(c, [&](int to, int from, int tap) {
    for (int out = 0; out < s.out_channels; ++out) {
      for (int in = 0; in < s.in_channels; ++in) {
        expected[static_cast<std::size_t>((out * s.in_channels + in) * 9 + tap)] +=
            double{src[static_cast<std::size_t>(from * s.in_channels + in)]} *
            diff_dst[static_cast<std::size_t>(to * s.out_channels + out)];
      }
    }
  });
  if (broken) diff_dst.back() += 1.0f;

  const auto points = static_cast<std::size_t>(s.points());
  const std::ptrdiff_t left_stride = WinogradPointStride(block, s.in_channels);
  const std::ptrdiff_t right_stride = WinogradPointStride(block, s.out_channels);
  std::vector<float> left(points * static_cast<std::size_t>(left_stride));
  std::vector<float> right(points * static_cast<std::size_t>(right_stride));
  std::vector<float> sums(points * FiltersSize(c) / 9);
  const int tiles = c.images * s.tiles();
  for (int first = 0; first < tiles; first += block) {
    const int last = std::min(tiles, first + block);
    TransformWinogradSource(s, src.data(), first, last, left_stride, left.data());
    TransformWinogradDiffDst(s, diff_dst.data(), first, last, right_stride, right.data());
    for (int point = 0; point < s.points(); ++point) {
      AddOuterProducts(
          {.left = left.data() + point * left_stride,
           .left_stride = s.in_channels,
           .left_channels = s.in_channels,
           .right = right.data() + point * right_stride,
           .right_stride = s.out_channels,
           .right_channels = s.out_channels,
           .pixels = last - first,
           .sums = sums.data() + std::ptrdiff_t{point} * s.in_channels * s.out_channels,
           .sums_stride = s.out_channels});
    }
  }
  std::vector<float> diff_weights(FiltersSize(c));
  WinogradDiffWeights(s, sums.data(), 0, kWinogradChannels, diff_weights.data());
  WinogradDiffWeights(s, sums.data(), kWinogradChannels, s.out_channels, diff_weights.data());

  const double size = std::sqrt(c.images * s.out_height * s.out_width);
  double worst = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    worst = Worst(worst, std::abs(diff_weights[i] - expected[i]) / Tolerance<float>(size));
  }
  return worst;
}

std::string Name(const Case& c) {
  const WinogradSizes& s = c.sizes;
  return "F(" + std::to_string(s.tile) + "), " + std::to_string(s.in_channels) + " to " +
         std::to_string(s.out_channels) + " channels, " + std::to_string(c.images) + " of " +
         std::to_string(s.height) + " x " + std::to_string(s.width);
}

TEST(Winograd, EqualsTheDefinition) {
  for (const Case& c : kCases) {
    EXPECT_LT(Error<float>(c, /*is_turned=*/false), 1) << Name(c);
    EXPECT_LT(Error<float>(c, /*is_turned=*/true), 1) << Name(c);
    EXPECT_LT(Error<BFloat16>(c, /*is_turned=*/false), 1) << Name(c);
    EXPECT_LT(Error<BFloat16>(c, /*is_turned=*/true), 1) << Name(c);
  }
}

TEST(Winograd, ABrokenNumberShows) {
  for (const Case& c : kCases) {
    EXPECT_GT(Error<float>(c, /*is_turned=*/false, /*broken=*/true), 10) << Name(c);
    EXPECT_GT(Error<BFloat16>(c, /*is_turned=*/false, /*broken=*/true), 1) << Name(c);
  }
}

TEST(Winograd, FilterGradientsEqualTheDefinition) {
  for (const Case& c : kCases) {
    EXPECT_LT(DiffError(c, 7), 1) << Name(c);
    EXPECT_LT(DiffError(c, 1000), 1) << Name(c);
  }
}

TEST(Winograd, ABrokenGradientShows) {
  for (const Case& c : kCases) EXPECT_GT(DiffError(c, 7, /*broken=*/true), 10) << Name(c);
}

}  // namespace
}  // namespace avocet
