#include "engine/base/precision.h"

#include "gtest/gtest.h"

namespace avocet {
namespace {

TEST(Precision, NamesRoundTrip) {
  for (const Precision precision : kPrecisions) {
    const auto parsed = ParsePrecision(PrecisionName(precision));
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, precision);
  }
}

TEST(Precision, RefusesOtherNames) {
  for (const char* name : {"", "float", "Float32", "float32 ", "fp16"}) {
    EXPECT_EQ(ParsePrecision(name).status().code(), absl::StatusCode::kInvalidArgument) << name;
  }
  EXPECT_NE(std::string(ParsePrecision("fp16").status().message())
                .find("expected a precision of float32, bfloat16"),
            std::string::npos);
}

}  // namespace
}  // namespace avocet
