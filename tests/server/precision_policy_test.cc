#include "server/precision_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace avocet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(PrecisionPolicy, IsAutoUnlessSaidOtherwise) {
  EXPECT_EQ(PrecisionPolicy().For("any"), std::nullopt);
}

TEST(PrecisionPolicy, HasADefaultAndExceptions) {
  PrecisionPolicy policy;
  for (const char* text : {"b=auto", "bfloat16", "a=float32", "x=y=int8"}) {
    ASSERT_TRUE(AddPrecision(text, policy).ok()) << text;
  }
  EXPECT_EQ(policy.For("a"), Precision::kFloat32);
  EXPECT_EQ(policy.For("b"), std::nullopt);
  EXPECT_EQ(policy.For("x=y"), Precision::kInt8);
  EXPECT_EQ(policy.For("other"), Precision::kBFloat16);
  ASSERT_TRUE(AddPrecision("auto", policy).ok());
  EXPECT_EQ(policy.For("other"), std::nullopt) << "the last word counts";
}

TEST(PrecisionPolicy, ExplainsWhatItCannotRead) {
  PrecisionPolicy policy;
  for (const char* text : {"", "fp32", "a=", "a=half", "=int8"}) {
    const absl::Status status = AddPrecision(text, policy);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(status.message()), HasSubstr("\"" + std::string(text) + "\""));
  }
  EXPECT_EQ(policy.For("a"), std::nullopt);
}

TEST(AllowPrecisions, LetsAutoChooseAmongWhatThereIs) {
  const auto all =
      AllowPrecisions(std::nullopt, {.has_quantization = true, .has_bfloat16_instructions = true});
  EXPECT_THAT(all->precisions,
              ElementsAre(Precision::kFloat32, Precision::kBFloat16, Precision::kInt8));
  EXPECT_THAT(all->note, IsEmpty());
  const auto old_cpu = AllowPrecisions(std::nullopt, {.has_quantization = true});
  EXPECT_THAT(old_cpu->precisions, ElementsAre(Precision::kFloat32, Precision::kInt8));
  EXPECT_THAT(old_cpu->note, HasSubstr("no bfloat16 instructions"));
  const auto plain = AllowPrecisions(std::nullopt, {.has_bfloat16_instructions = true});
  EXPECT_THAT(plain->precisions, ElementsAre(Precision::kFloat32, Precision::kBFloat16));
}

TEST(AllowPrecisions, TakesWhatIsAskedFor) {
  const PrecisionConditions everything{.has_quantization = true, .has_bfloat16_instructions = true};
  for (const Precision precision : kPrecisions) {
    const auto allowed = AllowPrecisions(precision, everything);
    EXPECT_THAT(allowed->precisions, ElementsAre(precision));
    EXPECT_THAT(allowed->note, IsEmpty());
  }
}

TEST(AllowPrecisions, FallsBackToFloat32WithoutBFloat16Instructions) {
  const auto allowed = AllowPrecisions(Precision::kBFloat16, {});
  EXPECT_THAT(allowed->precisions, ElementsAre(Precision::kFloat32));
  EXPECT_THAT(allowed->note, HasSubstr("computing in float32 instead"));
}

TEST(AllowPrecisions, RefusesInt8WithoutAQuantization) {
  const auto allowed = AllowPrecisions(Precision::kInt8, {.has_bfloat16_instructions = true});
  EXPECT_EQ(allowed.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(allowed.status().message()), HasSubstr("avocet-model quantize"));
}

}  // namespace
}  // namespace avocet
