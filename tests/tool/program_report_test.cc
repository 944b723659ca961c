#include "engine/tool/program_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/onednn/inference_model.h"
#include "engine/tool/node_cost.h"

namespace avocet {
namespace {

using testing::HasSubstr;

constexpr int kSize = 64;

Network Small(const std::string& name) {
  return *FindNetwork(name, {.size = kSize, .classes = std::nullopt});
}

TEST(ProgramReport, StepsHoldAllOfTheArithmetic) {
  for (const char* name : {"resnet18", "efficientnet_b0", "convnextv2_atto"}) {
    const Network network = Small(name);
    const absl::StatusOr<ProgramReport> report =
        MeasureProgram(network, {.batch_size = 2, .runs = 2});
    ASSERT_TRUE(report.ok()) << report.status();
    std::int64_t multiply_adds = 0;
    for (const ProgramStep& step : report->steps) {
      EXPECT_FALSE(step.implementation.empty()) << step.name;
      EXPECT_GT(step.seconds, 0) << step.name;
      multiply_adds += step.multiply_adds;
    }
    EXPECT_EQ(multiply_adds, 2 * TotalCost(network.graph).multiply_adds) << name;
    EXPECT_GT(report->arena_bytes, 0u);
    EXPECT_GT(report->weight_bytes, 0u);
    EXPECT_EQ(report->runs, 2);
  }
}

TEST(ProgramReport, PrintsStepsAndSizes) {
  const absl::StatusOr<ProgramReport> report = MeasureProgram(Small("resnet18"), {.runs = 1});
  ASSERT_TRUE(report.ok()) << report.status();
  const std::string text = ProgramText(*report, 0);
  EXPECT_THAT(text, HasSubstr("resnet18   float32, input 1x64x64x3, 1 thread, random weights"));
  EXPECT_THAT(text, HasSubstr("\nlayer1.0.conv2 "));
  EXPECT_THAT(text, HasSubstr("conv2d 64 @ 3x3 bias + residual + relu"));
  EXPECT_THAT(text, HasSubstr(" arena "));
  EXPECT_THAT(text, HasSubstr(" packed weights "));

  const auto json = nlohmann::json::parse(ProgramJson(*report));
  EXPECT_EQ(json["steps"].size(), report->steps.size());
  EXPECT_EQ(json["arena_bytes"], report->arena_bytes);
}

TEST(ProgramReport, NeedsAQuantizationForInt8) {
  EXPECT_THAT(
      std::string(
          MeasureProgram(Small("resnet18"), {.precision = Precision::kInt8}).status().message()),
      HasSubstr("int8 needs a model folder with a quantization.json"));
}

TEST(ProgramReport, CompilesForBFloat16) {
  if (!HasBFloat16Instructions()) GTEST_SKIP() << "this CPU has no bfloat16 instructions";
  const auto report =
      MeasureProgram(Small("resnet18"), {.runs = 1, .precision = Precision::kBFloat16});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(nlohmann::json::parse(ProgramJson(*report))["precision"], "bfloat16");
  const auto plain = MeasureProgram(Small("resnet18"), {.runs = 1});
  EXPECT_LT(report->weight_bytes, plain->weight_bytes);
}

}  // namespace
}  // namespace avocet
