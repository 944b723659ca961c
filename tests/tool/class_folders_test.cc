#include "engine/tool/class_folders.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace avocet {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

const std::vector<std::string> kLabels = {"Blue tit", "crane", "robin", "crane"};

absl::StatusOr<std::map<std::string, int>> Match(const std::vector<std::string>& groups) {
  std::vector<ImageFile> files;
  for (const std::string& group : groups) files.push_back({"f.jpg", group});
  return MatchClassFolders(files, kLabels);
}

TEST(MatchClassFolders, TakesNamesAndIndices) {
  const auto classes = Match({"blue_tit", "robin", "Robin", "1", "3"});
  ASSERT_TRUE(classes.ok()) << classes.status();
  EXPECT_THAT(*classes, UnorderedElementsAre(Pair("blue_tit", 0), Pair("robin", 2),
                                             Pair("Robin", 2), Pair("1", 1), Pair("3", 3)));
}

TEST(MatchClassFolders, SaysWhenThereAreNoLabels) {
  EXPECT_THAT(*Match({"", "holiday", "4", "-1", "1x"}), IsEmpty());
}

TEST(MatchClassFolders, RefusesHalfOfTheLabels) {
  EXPECT_THAT(std::string(Match({"robin", "rubin", "tit"}).status().message()),
              AllOf(HasSubstr("found 2 others: "), HasSubstr("\"rubin\" (nearest: \"robin\")")));
  EXPECT_THAT(std::string(Match({"robin", ""}).status().message()),
              HasSubstr("found pictures beside the folders"));
  EXPECT_THAT(std::string(Match({"crane"}).status().message()),
              HasSubstr("two classes have this name"));
}

}  // namespace
}  // namespace avocet
