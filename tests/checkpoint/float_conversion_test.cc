#include "engine/checkpoint/float_conversion.h"

#include <bit>
#include <cfloat>
#include <cmath>
#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/checkpoint/safetensors_bytes.h"

namespace avocet {
namespace {

using testing::ElementsAre;

std::vector<float> Converted(DType dtype, std::size_t count, std::string_view raw) {
  const TensorView tensor{.name = "t",
                          .dtype = dtype,
                          .shape = {static_cast<std::int64_t>(count)},
                          .data = std::as_bytes(std::span(raw))};
  std::vector<float> values(count);
  CopyAsFloat(tensor, values);
  return values;
}

TEST(FloatConversion, ReadsHalfPrecision) {
  // Zeros, smallest and largest subnormal, smallest normal, one, 1/3, largest.
  EXPECT_THAT(Converted(DType::kF16, 8,
                        Raw<std::uint16_t>(
                            {0x0000, 0x0001, 0x03ff, 0x0400, 0x3c00, 0x3555, 0x7bff, 0xc000})),
              ElementsAre(0.0f, 0x1p-24f, 1023 * 0x1p-24f, 0x1p-14f, 1.0f, 0.333251953125f,
                          65504.0f, -2.0f));
  EXPECT_TRUE(std::signbit(HalfToFloat(0x8000)));
  EXPECT_EQ(HalfToFloat(0x8001), -0x1p-24f);
  EXPECT_EQ(HalfToFloat(0xfc00), -std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(HalfToFloat(0x7c01)));
}

TEST(FloatConversion, IsExactForEveryFiniteHalf) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const int exponent = static_cast<int>(bits >> 10 & 0x1f);
    if (exponent == 0x1f) continue;
    const double fraction = bits & 0x3ff;
    const double magnitude =
        exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
    ASSERT_EQ(HalfToFloat(static_cast<std::uint16_t>(bits)),
              static_cast<float>(bits & 0x8000 ? -magnitude : magnitude))
        << bits;
  }
}

TEST(FloatConversion, ReadsBFloat16) {
  EXPECT_THAT(Converted(DType::kBF16, 4, Raw<std::uint16_t>({0x3f80, 0xc000, 0x4049, 0x0001})),
              ElementsAre(1.0f, -2.0f, 3.140625f, 0x1p-133f));
  EXPECT_TRUE(std::isinf(BFloat16ToFloat(0x7f80)));
}

TEST(FloatConversion, ReadsSingleAndDoublePrecisionFromAnyAddress) {
  EXPECT_THAT(Converted(DType::kF32, 2, Raw<float>({0.1f, -7.0f})), ElementsAre(0.1f, -7.0f));
  EXPECT_THAT(Converted(DType::kF64, 2, Raw<double>({0.1, -7.0})), ElementsAre(0.1f, -7.0f));
  const std::string shifted = "x" + Raw<double>({0.5, 2.0});
  EXPECT_THAT(Converted(DType::kF64, 2, std::string_view(shifted).substr(1)),
              ElementsAre(0.5f, 2.0f));
}

TEST(FloatConversion, WritesEveryFiniteHalfBack) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    if ((half & 0x7c00) == 0x7c00 && (half & 0x3ff) != 0) continue;  // NaN
    ASSERT_EQ(FloatToHalf(HalfToFloat(half)), half);
  }
}

TEST(FloatConversion, RoundsToTheNearestHalfAndTiesToEven) {
  EXPECT_EQ(FloatToHalf(1.0f + 0x1p-11f), 0x3c00);             // a tie
  EXPECT_EQ(FloatToHalf(1.0f + 0x3p-11f), 0x3c02);             // a tie above an odd one
  EXPECT_EQ(FloatToHalf(1.0f + 0x1p-11f + 0x1p-23f), 0x3c01);  // just above a tie
  EXPECT_EQ(FloatToHalf(0x1p-25f), 0x0000);                    // half of the smallest
  EXPECT_EQ(FloatToHalf(-0x1.8p-25f), 0x8001);
  EXPECT_EQ(FloatToHalf(0x1p-14f - 0x1p-26f), 0x0400);  // carries into a normal number
  EXPECT_EQ(FloatToHalf(65519.0f), 0x7bff);
  EXPECT_EQ(FloatToHalf(65520.0f), 0x7c00);
  EXPECT_EQ(FloatToHalf(-INFINITY), 0xfc00);
  EXPECT_TRUE(std::isnan(HalfToFloat(FloatToHalf(NAN))));
}

TEST(FloatConversion, RoundsToTheNearestBFloat16AndTiesToEven) {
  EXPECT_EQ(FloatToBFloat16(1.0f), 0x3f80);
  EXPECT_EQ(FloatToBFloat16(1.0f + 0x1p-8f), 0x3f80);
  EXPECT_EQ(FloatToBFloat16(1.0f + 0x3p-8f), 0x3f82);
  EXPECT_EQ(FloatToBFloat16(-1.0f - 0x1p-8f - 0x1p-20f), 0xbf81);
  EXPECT_EQ(FloatToBFloat16(INFINITY), 0x7f80);
  EXPECT_EQ(FloatToBFloat16(FLT_MAX), 0x7f80);
  EXPECT_TRUE(std::isnan(BFloat16ToFloat(FloatToBFloat16(std::bit_cast<float>(0x7f800001u)))));
}

}  // namespace
}  // namespace avocet
