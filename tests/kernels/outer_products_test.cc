#include "engine/kernels/outer_products.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/kernels/outer_products_amx.h"
#include "tests/kernels/values.h"
#include "tests/reference/worst.h"

namespace avocet {
namespace {

struct Case {
  int left;
  int right;
  int pixels;
  int between = 0;  // numbers between one pixel's channels of left and the next's
  bool is_far = false;
};

// Channels that fill no vector and no tile, one pixel, more than one block of pixels, rows that
// share sets of a cache, of more channels than are packed at once.
const Case kCases[] = {{8, 48, 20},
                       {1, 1, 1},
                       {13, 33, 300},
                       {40, 96, 129},
                       {7, 50, 5},
                       {24, 17, 128},
                       {128, 256, 130},
                       {384, 21, 40},
                       {30, 128, 9, 226},
                       {9, 70, 300, 0, true},
                       {260, 48, 200, 124, true}};

// Those of kCases that matter to tiles, and more channels of left than are packed at once.
const Case kAmxCases[] = {{1, 1, 1},
                          {16, 16, 64},
                          {13, 33, 300},
                          {33, 17, 129},
                          {7, 50, 5},
                          {384, 21, 40},
                          {30, 128, 9, 226},
                          {9, 70, 300, 0, true},
                          {800, 20, 70},
                          {32, 16, 777},
                          {260, 48, 200, 124, true}};

// Largest error, in tolerances: sums are float32 whatever T. `broken` adds 1 to one number of the
// kernel's.
template <typename T>
double Error(const Case& c, bool broken = false,
             void (*add)(const OuterProducts<T>&) = AddOuterProducts) {
  const int stride = c.left + c.between;
  const auto left_size = static_cast<std::size_t>(stride * c.pixels - c.between);
  const auto right_size = static_cast<std::size_t>(c.right * c.pixels);
  const std::vector<T> left = Values<T>("left", left_size);
  const std::vector<T> right = Values<T>("right", right_size);
  std::vector<float> sums(static_cast<std::size_t>(c.left * c.right), 0.5f);
  std::vector<T> given = left;
  if (broken) given.back() = FromFloat<T>(static_cast<float>(ToDouble(left.back()) + 1));
  add(OuterProducts<T>{.left = given.data(),
                       .left_stride = stride,
                       .left_channels = c.left,
                       .right = right.data(),
                       .right_stride = c.right,
                       .right_channels = c.right,
                       .pixels = c.pixels,
                       .sums = sums.data(),
                       .sums_stride = c.right,
                       .is_far = c.is_far});
  double worst = 0;
  for (int l = 0; l < c.left; ++l) {
    for (int r = 0; r < c.right; ++r) {
      double sum = 0.5;
      for (int p = 0; p < c.pixels; ++p) {
        sum += ToDouble(left[static_cast<std::size_t>(p * stride + l)]) *
               ToDouble(right[static_cast<std::size_t>(p * c.right + r)]);
      }
      const double found = sums[static_cast<std::size_t>(l * c.right + r)];
      worst = Worst(worst, std::abs(found - sum) / Tolerance<float>(sum));
    }
  }
  return worst;
}

std::string Name(const Case& c) {
  return std::to_string(c.left) + " by " + std::to_string(c.right) + " channels of " +
         std::to_string(c.pixels) + " pixels";
}

TEST(OuterProducts, EqualTheDefinition) {
  for (const Case& c : kCases) EXPECT_LT(Error<float>(c), 1) << Name(c);
}

TEST(OuterProducts, ABrokenNumberShows) {
  for (const Case& c : kCases) EXPECT_GT(Error<float>(c, /*broken=*/true), 10) << Name(c);
}

TEST(OuterProducts, OfPairsEqualTheDefinition) {
  if (!HasKernels<BFloat16>()) GTEST_SKIP() << "no AVX512-BF16";
  for (const Case& c : kCases) {
    EXPECT_LT(Error<BFloat16>(c, /*broken=*/false, AddOuterProductsPairs), 1) << Name(c);
  }
}

TEST(OuterProducts, ABrokenNumberOfPairsShows) {
  if (!HasKernels<BFloat16>()) GTEST_SKIP() << "no AVX512-BF16";
  for (const Case& c : kCases) {
    EXPECT_GT(Error<BFloat16>(c, /*broken=*/true, AddOuterProductsPairs), 10) << Name(c);
  }
}

TEST(OuterProducts, OfTilesEqualTheDefinition) {
  if (!HasAmxKernels()) GTEST_SKIP() << "no AMX";
  for (const Case& c : kAmxCases) {
    EXPECT_LT(Error<BFloat16>(c), 1) << Name(c);
    EXPECT_LT(Error<float>(c, /*broken=*/false, AddOuterProductsAmx), 1) << Name(c);
  }
}

TEST(OuterProducts, ABrokenNumberOfTilesShows) {
  if (!HasAmxKernels()) GTEST_SKIP() << "no AMX";
  for (const Case& c : kAmxCases) {
    EXPECT_GT(Error<BFloat16>(c, /*broken=*/true), 10) << Name(c);
    EXPECT_GT(Error<float>(c, /*broken=*/true, AddOuterProductsAmx), 10) << Name(c);
  }
}

}  // namespace
}  // namespace avocet
