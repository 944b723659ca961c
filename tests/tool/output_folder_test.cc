#include "engine/tool/output_folder.h"

#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace avocet {
namespace {

TEST(OutputFolder, IsTheNextVersionOfAName) {
  for (const char* output : {"/models/tits", "/models/tits/", "/models/x/../tits"}) {
    const ModelFolderName name = NextVersionOf(output);
    EXPECT_EQ(name.models, "/models") << output;
    EXPECT_EQ(name.name, "tits") << output;
    EXPECT_FALSE(name.version.has_value());
  }
  EXPECT_EQ(NextVersionOf("tits").models, std::filesystem::current_path());
}

TEST(OutputFolder, IsTheNextVersionBesideAnother) {
  const auto name = NextVersionBeside("/models/tits/12/");
  ASSERT_TRUE(name.ok()) << name.status();
  EXPECT_EQ(name->models, "/models");
  EXPECT_EQ(name->name, "tits");
  EXPECT_THAT(std::string(NextVersionBeside("/models/tits").status().message()),
              testing::HasSubstr("/models/tits: expected MODELS/NAME/VERSION"));
}

}  // namespace
}  // namespace avocet
