#include "engine/checkpoint/quantization_file.h"

#include <limits>

#include "absl/strings/str_replace.h"
#include "engine/checkpoint/model_folder.h"
#include "engine/graph/builder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/checkpoint/temporary_folder.h"

namespace avocet {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

Graph QuantizedNetwork() {
  Builder b({.channels = 3, .height = 4, .width = 4});
  Value x = b.Conv("conv", b.input(), {.out_channels = 2, .kernel = 1, .bias = true});
  x = b.Activation(x, ActivationKind::kRelu);
  b.Linear("fc", b.GlobalAveragePool(x), 2);
  return std::move(b).Finish().value();
}

Quantization SomeQuantization() {
  return {
      .activations = {{QuantizedNetwork().node(0).name, {0.1f, true}}, {"conv", {1.0f / 3, false}}},
      .float_layers = {"fc"},
      .bias_corrections = {{"conv", {-1e-8f, 0.48500001f}}}};
}

constexpr char kGood[] = R"({"version": 1, "activations": {"conv": {"scale": 0.5, "signed": false}},
                             "float_layers": ["fc"], "bias_corrections": {"conv": [1, -2.5]}})";

std::string QuantizationProblem(std::string_view content) {
  const TemporaryFolder folder;
  folder.Write(kQuantizationFile, content);
  const auto read = ReadQuantization(folder.path(), QuantizedNetwork());
  EXPECT_EQ(read.status().code(), absl::StatusCode::kInvalidArgument) << content;
  const std::string message(read.status().message());
  EXPECT_THAT(message, StartsWith(folder.path() + "/quantization.json: "));
  return message;
}

// What is wrong with kGood after `from` has become `to`.
std::string ProblemWith(std::string_view from, std::string_view to) {
  const std::string changed =
      absl::StrReplaceAll(kGood, {{{from.data(), from.size()}, {to.data(), to.size()}}});
  EXPECT_NE(changed, kGood);
  return QuantizationProblem(changed);
}

TEST(QuantizationFile, GivesBackWhatWasWritten) {
  const TemporaryFolder folder;
  ASSERT_TRUE(WriteQuantization(folder.path(), SomeQuantization()).ok());
  const auto read = ReadQuantization(folder.path(), QuantizedNetwork());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(**read, SomeQuantization());
}

TEST(QuantizationFile, ReadsTheDocumentedForm) {
  const TemporaryFolder folder;
  folder.Write(kQuantizationFile, kGood);
  const auto read = ReadQuantization(folder.path(), QuantizedNetwork());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(**read, (Quantization{.activations = {{"conv", {0.5f, false}}},
                                  .float_layers = {"fc"},
                                  .bias_corrections = {{"conv", {1, -2.5}}}}));
}

TEST(QuantizationFile, IsPartOfAModelFolder) {
  const TemporaryFolder folder;
  ModelConfig config;
  config.architecture = "resnet18";
  config.num_classes = 1;
  config.label_names = {"a"};
  const Quantization quantization = SomeQuantization();
  const auto with = WriteModelFolder({folder.path(), "m", {}}, config, {}, &quantization);
  ASSERT_TRUE(with.ok()) << with.status();
  EXPECT_EQ(**ReadQuantization(*with, QuantizedNetwork()), quantization);
  const auto without = WriteModelFolder({folder.path(), "m", {}}, config, {});
  ASSERT_TRUE(without.ok()) << without.status();
  const auto read = ReadQuantization(*without, QuantizedNetwork());
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_FALSE(read->has_value());
}

TEST(QuantizationFile, WritesNoNumbersThatNobodyCanRead) {
  const TemporaryFolder folder;
  Quantization quantization = SomeQuantization();
  quantization.activations["conv"].scale = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(std::string(WriteQuantization(folder.path(), quantization).message()),
              HasSubstr("expected finite scales and corrections"));
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(QuantizationFile, RefusesWhatIsNotOfTheForm) {
  EXPECT_THAT(QuantizationProblem("[]"), HasSubstr("expected an object"));
  EXPECT_THAT(QuantizationProblem("{"), HasSubstr("not valid JSON"));
  EXPECT_THAT(QuantizationProblem("{}"), HasSubstr("\"version\" is missing"));
  EXPECT_THAT(ProblemWith("1, \"act", "2, \"act"),
              HasSubstr("version: expected an integer from 1 to 1, found 2"));
  EXPECT_THAT(ProblemWith("float_layers", "float_layer"),
              HasSubstr("unknown member \"float_layer\""));
  EXPECT_THAT(ProblemWith("[\"fc\"]", "\"fc\""),
              HasSubstr("float_layers: expected an array of names, found \"fc\""));
  EXPECT_THAT(ProblemWith("[1, -2.5]", "[1, \"x\"]"), HasSubstr("bias_corrections.conv[1]"));
  EXPECT_THAT(ProblemWith("[1, -2.5]", "{}"), HasSubstr("expected an array of numbers"));
  EXPECT_THAT(ProblemWith("\"signed\": false", "\"signed\": 0"),
              HasSubstr("activations.conv.signed: expected true or false, found 0"));
  EXPECT_THAT(ProblemWith("\"signed\"", "\"is_signed\""),
              HasSubstr("activations.conv: unknown member \"is_signed\""));
  EXPECT_THAT(ProblemWith("{\"scale\": 0.5, \"signed\": false}", "null"),
              HasSubstr("activations: \"conv\" is missing"));
}

TEST(QuantizationFile, RefusesImpossibleScales) {
  for (const char* scale : {"0", "-1", "1e39", "1e999", "\"1\""}) {
    EXPECT_THAT(ProblemWith("0.5", scale), testing::AnyOf(HasSubstr("activations.conv.scale: "
                                                                    "expected a number above 0"),
                                                          HasSubstr("not valid JSON")));
  }
  EXPECT_THAT(ProblemWith("0.5", "1e-44"), HasSubstr("expected a positive scale"));
  EXPECT_THAT(QuantizationProblem(R"({"version": 1, "activations": {}})"),
              HasSubstr("expected activations with scales, found none"));
}

TEST(QuantizationFile, RefusesAnotherNetworks) {
  EXPECT_THAT(ProblemWith("{\"conv\": {", "{\"conv7\": {"),
              AllOf(HasSubstr("activation \"conv7\": the network has no node of that name"),
                    HasSubstr("another backbone?")));
  EXPECT_THAT(ProblemWith("[\"fc\"]", "[\"head\"]"), HasSubstr("float layer \"head\""));
  EXPECT_THAT(ProblemWith("[1, -2.5]", "[1, 2, 3]"),
              HasSubstr("bias correction of \"conv\": expected 2 values, found 3"));
}

TEST(QuantizationFile, ReportsFilesThatCannotBeRead) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() + "/" + kQuantizationFile);
  EXPECT_FALSE(ReadQuantization(folder.path(), QuantizedNetwork()).ok());
}

}  // namespace
}  // namespace avocet
