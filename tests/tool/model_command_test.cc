// The command as a process: arguments, output, exit status.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/checkpoint/safetensors_writer.h"
#include "engine/models/zoo.h"
#include "tests/checkpoint/temporary_folder.h"
#include "tests/client/run_command.h"
#include "tests/reference/golden.h"

namespace avocet {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

TEST(ModelCommand, ListsTheNetworks) {
  const CommandResult text = RunCommand({"list"});
  EXPECT_EQ(text.status, 0) << text.errors;
  EXPECT_THAT(text.output, HasSubstr("\nvgg16                   224  138,357,544   15.5 G\n"));
  const auto json = nlohmann::json::parse(RunCommand({"list", "--json"}).output);
  EXPECT_EQ(json[0]["name"], "lenet5");
  EXPECT_EQ(json[0]["parameters"], 61'710);
}

TEST(ModelCommand, DescribesANetwork) {
  const CommandResult text = RunCommand({"describe", "resnet18", "--size", "64"});
  EXPECT_EQ(text.status, 0) << text.errors;
  EXPECT_THAT(text.output, StartsWith("resnet18   input 64x64x3, 1000 classes\n"));
  const CommandResult json = RunCommand({"describe", "resnet18", "--classes", "9", "--json"});
  EXPECT_EQ(nlohmann::json::parse(json.output)["classes"], 9);
}

TEST(ModelCommand, FitsTheTerminal) {
  const CommandResult result =
      RunCommand({"describe", "convnext_tiny"}, {.terminal_output = true, .columns = 100});
  std::istringstream lines(result.output);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100u) << line;
  EXPECT_THAT(result.output, HasSubstr(".."));
}

TEST(ModelCommand, ShowsPassesAndPrograms) {
  const CommandResult passes = RunCommand({"describe", "resnet18", "--size", "32", "--passes"});
  EXPECT_THAT(passes.output, HasSubstr("conv+add+relu"));
  const CommandResult program =
      RunCommand({"describe", "resnet18", "--size", "32", "--compiled", "--runs", "1"});
  EXPECT_EQ(program.status, 0) << program.errors;
  EXPECT_THAT(program.output, HasSubstr("GFLOP/S"));
}

TEST(ModelCommand, NamesTheNearestNetworks) {
  const CommandResult result = RunCommand({"describe", "resnet51"});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.errors, AllOf(StartsWith("avocet-model: "), HasSubstr("resnet50")));
  EXPECT_EQ(result.output, "");
}

// The whole way of a file of weights: import, quantize, evaluate.
TEST(ModelCommand, PreparesModels) {
  const TemporaryFolder folder;
  const std::string weights = folder.path() + "/weights.safetensors";
  const Graph graph = *(*FindBackbone("tf_efficientnet_lite0"))->build({.height = 32, .width = 32});
  const Parameters parameters = GoldenParameters(graph, "tf_efficientnet_lite0");
  ASSERT_TRUE(WriteSafetensors(weights, TensorsOf(parameters, GraphParameters(graph))).ok());
  const std::string name = folder.path() + "/models/lite0";
  const CommandResult imported = RunCommand(
      {"import", weights, "--model", "tf_efficientnet_lite0", "--output", name, "--size", "32"});
  EXPECT_EQ(imported.status, 0) << imported.errors;
  EXPECT_THAT(imported.output, AllOf(HasSubstr("names of timm"), HasSubstr("crop 0.5, mean 0.5"),
                                     HasSubstr("written to " + name + "/1\n")));

  const std::string photos = AVOCET_TEST_DATA "/photos";
  const CommandResult quantized = RunCommand(
      {"quantize", name + "/1", "--images", photos, "--agreement", "0", "--threads", "1"});
  EXPECT_EQ(quantized.status, 0) << quantized.errors;
  EXPECT_THAT(quantized.output, HasSubstr("written to " + name + "/2\n"));

  const CommandResult evaluated =
      RunCommand({"evaluate", name + "/2", "--against", name + "/1", "--images", photos, "--json"});
  EXPECT_EQ(evaluated.status, 0) << evaluated.errors;
  EXPECT_EQ(nlohmann::json::parse(evaluated.output)["model"]["precision"], "int8");

  const CommandResult confusion = RunCommand(
      {"evaluate", name + "/1", "--images", photos, "--confusion", folder.path() + "/matrix"});
  EXPECT_EQ(confusion.status, 1);
  EXPECT_THAT(confusion.errors, HasSubstr("a confusion matrix needs labels"));
  std::filesystem::create_directory(folder.path() + "/espresso");
  std::filesystem::copy(photos + "/coffee.jpg", folder.path() + "/espresso");
  folder.Write("espresso/broken.jpg", "");
  const CommandResult labelled = RunCommand({"evaluate", name + "/1", "--images", folder.path(),
                                             "--confusion", folder.path() + "/matrix"});
  EXPECT_EQ(labelled.status, 1);  // one picture cannot be read, but the rest is done
  EXPECT_THAT(labelled.errors, HasSubstr("1 pictures could not be read"));
  EXPECT_THAT(folder.Read("matrix.csv"), HasSubstr("espresso"));
  EXPECT_THAT(folder.Read("matrix.png"), StartsWith("\x89PNG"));
}

TEST(ModelCommand, RefusesWrongUsage) {
  EXPECT_EQ(RunCommand({}).status, 2);
  EXPECT_EQ(RunCommand({"describe"}).status, 2);
  EXPECT_EQ(RunCommand({"describe", "resnet18", "--size", "0"}).status, 2);
  EXPECT_EQ(RunCommand({"describe", "resnet18", "--passes", "--compiled"}).status, 2);
  EXPECT_EQ(RunCommand({"describe", "resnet18", "--batch", "2"}).status, 2);
  EXPECT_EQ(RunCommand({"quantize", "/"}).status, 2);
  EXPECT_EQ(RunCommand({"quantize", "/", "--images", "/", "--agreement", "1.1"}).status, 2);
  EXPECT_EQ(RunCommand({"evaluate", "/none", "--images", "/"}).status, 2);
  EXPECT_EQ(RunCommand({"import", "/none", "--model", "a", "--output", "b"}).status, 2);
}

}  // namespace
}  // namespace avocet
