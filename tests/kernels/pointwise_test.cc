#include "engine/kernels/pointwise.h"

#include <gtest/gtest.h>

#include "engine/kernels/float32_any.h"
#include "engine/kernels/pointwise_amx.h"
#include "tests/kernels/values.h"
#include "tests/reference/worst.h"

namespace avocet {
namespace {

struct Case {
  int pixels;
  int in_channels;
  int out_channels;
  std::optional<ActivationKind> activation = std::nullopt;
  bool bias = true;
  bool gate = false;
  bool residual = false;
};

// Ugly shapes: results that do not fill a vector or a tile, single pixels, groups of 1 to 8 pixels,
// several blocks of pixels, more channels than a block of the cache.
const Case kCases[] = {
    {1, 2, 1},
    {1, 1152, 48, ActivationKind::kSilu},
    {3, 48, 1152, ActivationKind::kSigmoid},
    {7, 16, 96, ActivationKind::kSilu},
    {49, 24, 40, std::nullopt, true, true, true},
    {50, 96, 24, std::nullopt, false, true},
    {196, 10, 47, ActivationKind::kGelu},
    {257, 34, 49, ActivationKind::kRelu},
    {263, 8, 17, ActivationKind::kRelu6, true, false, true},
    {33, 4000, 20, std::nullopt, true, true},
    {100, 74, 150, ActivationKind::kSilu, true, true, true},  // no equal parts for AMX
};

// The layout that RunPointwise wants, aligned.
template <typename T>
class Packed {
 public:
  Packed(const std::vector<T>& weights, int in_channels, int out_channels)
      : values_(
            static_cast<std::size_t>(PointwiseTiles(out_channels) * in_channels * kPointwiseTile) +
            64 / sizeof(T)) {
    const auto misfit = reinterpret_cast<std::uintptr_t>(values_.data()) % 64;
    data_ = values_.data() + (64 - misfit) % 64 / sizeof(T);
    constexpr int kInner = sizeof(T) == 4 ? 1 : 2;
    for (int o = 0; o < out_channels; ++o) {
      for (int i = 0; i < in_channels; ++i) {
        const int tile = o / kPointwiseTile;
        const int place = ((tile * in_channels + i / kInner * kInner) * kPointwiseTile) +
                          o % kPointwiseTile * kInner + i % kInner;
        data_[place] = weights[static_cast<std::size_t>(o * in_channels + i)];
      }
    }
  }
  const T* data() const { return data_; }

 private:
  std::vector<T> values_;
  T* data_;
};

// Largest error of a run, in tolerances. `broken` adds 16 to one weight of the kernel's, which must
// show. `run` is RunPointwise or its like.
template <typename T>
double Error(const Case& c, bool broken = false,
             void (*run)(const Pointwise<T>&, int, int, int, int, void*) = RunPointwise<T>) {
  const auto pixels = static_cast<std::size_t>(c.pixels);
  const auto in = static_cast<std::size_t>(c.in_channels);
  const auto out = static_cast<std::size_t>(c.out_channels);
  const std::vector<T> src = Values<T>("src", pixels * in);
  std::vector<T> weights = Values<T>("weights", out * in);
  const std::vector<float> bias = Values<float>("bias", out);
  const std::vector<T> gate = Values<T>("gate", in);
  std::vector<T> dst = Values<T>("residual", pixels * out);
  const std::vector<T> residual = dst;

  std::vector<double> expected(pixels * out);
  for (std::size_t p = 0; p < pixels; ++p) {
    for (std::size_t o = 0; o < out; ++o) {
      double sum = c.bias ? bias[o] : 0.0;
      for (std::size_t i = 0; i < in; ++i) {
        double value = ToDouble(src[p * in + i]);
        if (c.gate) {
          value = ToDouble(FromFloat<T>(static_cast<float>(value * ToDouble(gate[i]))));
        }
        sum += value * ToDouble(weights[o * in + i]);
      }
      if (c.residual) sum += ToDouble(residual[p * out + o]);
      expected[p * out + o] = Activated(c.activation, sum);
    }
  }

  if (broken) weights.back() = FromFloat<T>(static_cast<float>(ToDouble(weights.back())) + 16.0f);
  const Packed<T> packed(weights, c.in_channels, c.out_channels);
  std::vector<T> scratch(PointwiseScratchBytes<T>(c.in_channels) / sizeof(T));
  const Pointwise<T> conv = {.src = src.data(),
                             .weights = packed.data(),
                             .bias = c.bias ? bias.data() : nullptr,
                             .gate = c.gate ? gate.data() : nullptr,
                             .residual = c.residual ? dst.data() : nullptr,
                             .dst = dst.data(),
                             .in_channels = c.in_channels,
                             .out_channels = c.out_channels,
                             .activation = c.activation};
  // In parts, as threads would.
  const int tiles = PointwiseTiles(c.out_channels);
  run(conv, 0, c.pixels / 2, 0, tiles, scratch.data());
  run(conv, c.pixels / 2, c.pixels, 0, tiles / 2, scratch.data());
  run(conv, c.pixels / 2, c.pixels, tiles / 2, tiles, scratch.data());

  double worst = 0;
  for (std::size_t i = 0; i < dst.size(); ++i) {
    const double size = std::max(std::abs(expected[i]), std::sqrt(static_cast<double>(in)));
    worst = Worst(worst, std::abs(ToDouble(dst[i]) - expected[i]) / Tolerance<T>(size));
  }
  return worst;
}

TEST(Pointwise, TakesAmxWherePartsFillHalfARegistersRow) {
  if (!TakesAmx(64)) GTEST_SKIP() << "no AMX";
  for (const int bytes : {4, 20, 60, 64, 80, 96, 2 * 1152, 8000})
    EXPECT_TRUE(TakesAmx(bytes)) << bytes;
  for (const int bytes : {2, 66, 68, 2 * 74}) EXPECT_FALSE(TakesAmx(bytes)) << bytes;
}

TEST(Pointwise, EqualsTheDefinitionInFloat32) {
  if (!HasKernels<float>()) GTEST_SKIP() << "neither AVX-512 nor AVX2";
  for (const Case& c : kCases) EXPECT_LT(Error<float>(c), 1) << PointwiseName(c);
}

TEST(Pointwise, OnAnyCpuEqualsTheDefinition) {
  for (const Case& c : kCases) {
    EXPECT_LT(Error<float>(c, /*broken=*/false, RunPointwiseAny), 1) << PointwiseName(c);
    if (c.activation == ActivationKind::kSigmoid) continue;  // flattens it
    EXPECT_GT(Error<float>(c, /*broken=*/true, RunPointwiseAny), 10) << PointwiseName(c);
  }
}

TEST(Pointwise, EqualsTheDefinitionInBFloat16) {
  if (!HasKernels<BFloat16>()) GTEST_SKIP() << "no AVX512-BF16";
  for (const Case& c : kCases) EXPECT_LT(Error<BFloat16>(c), 1) << PointwiseName(c);
}

TEST(Pointwise, BothWaysInBFloat16EqualTheDefinition) {
  if (!HasKernels<BFloat16>()) GTEST_SKIP() << "no AVX512-BF16";
  for (const auto run : {RunPointwisePairs, RunPointwiseWidened}) {
    for (const Case& c : kCases) {
      EXPECT_LT(Error<BFloat16>(c, /*broken=*/false, run), 1) << PointwiseName(c);
      if (c.activation == ActivationKind::kSigmoid) continue;  // flattens it
      EXPECT_GT(Error<BFloat16>(c, /*broken=*/true, run), 1) << PointwiseName(c);
    }
  }
}

TEST(Pointwise, ABrokenWeightShows) {
  if (!HasKernels<BFloat16>()) GTEST_SKIP() << "no AVX512-BF16";
  for (const Case& c : kCases) {
    if (c.activation == ActivationKind::kSigmoid) continue;  // flattens it
    EXPECT_GT(Error<float>(c, /*broken=*/true), 10) << PointwiseName(c);
    EXPECT_GT(Error<BFloat16>(c, /*broken=*/true), 1) << PointwiseName(c);
  }
}

}  // namespace
}  // namespace avocet
