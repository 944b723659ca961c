#include "engine/onednn/precision_speed.h"

#include <gtest/gtest.h>

namespace avocet {
namespace {

TEST(PrecisionSpeed, BFloat16UnlessItIsSlower) {
  EXPECT_EQ(FasterPrecision(1.0, 0.5), Precision::kBFloat16);
  EXPECT_EQ(FasterPrecision(1.0, 1.0), Precision::kBFloat16);
  EXPECT_EQ(FasterPrecision(1.0, 1.9), Precision::kFloat32);
}

TEST(PrecisionSpeed, MeasuresWhatTheCpuHas) {
  const auto seconds = MatrixProductSeconds(Precision::kFloat32, 1);
  ASSERT_TRUE(seconds.ok()) << seconds.status();
  EXPECT_GT(*seconds, 0);
  if (!HasBFloat16Instructions()) {
    EXPECT_EQ(FasterPrecision(1), Precision::kFloat32);
  }
}

}  // namespace
}  // namespace avocet
