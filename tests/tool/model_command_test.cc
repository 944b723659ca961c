// The command as a process: arguments, output, exit status.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/client/run_command.h"

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

TEST(ModelCommand, RefusesWrongUsage) {
  EXPECT_EQ(RunCommand({}).status, 2);
  EXPECT_EQ(RunCommand({"describe"}).status, 2);
  EXPECT_EQ(RunCommand({"describe", "resnet18", "--size", "0"}).status, 2);
  EXPECT_EQ(RunCommand({"describe", "resnet18", "--passes", "--compiled"}).status, 2);
  EXPECT_EQ(RunCommand({"describe", "resnet18", "--batch", "2"}).status, 2);
}

}  // namespace
}  // namespace avocet
