#include "engine/tool/image_files.h"

#include <filesystem>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/checkpoint/temporary_folder.h"

namespace avocet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Of the files, relative to the folder.
std::vector<std::string> Names(const std::vector<ImageFile>& files, const TemporaryFolder& folder) {
  std::vector<std::string> names;
  for (const ImageFile& file : files) names.push_back(file.path.substr(folder.path().size() + 1));
  return names;
}

TEST(ListImageFiles, FindsPicturesAtAnyDepth) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder.path() + "/b/deep");
  std::filesystem::create_directories(folder.path() + "/.hidden");
  for (const char* name : {"z.PNG", "a.jpeg", "notes.txt", "b/1.webp", "b/deep/2.tif", ".c.jpg",
                           ".hidden/3.jpg", "b/none"}) {
    folder.Write(name, "");
  }
  const auto files = ListImageFiles(folder.path());
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_THAT(Names(*files, folder), ElementsAre("a.jpeg", "b/1.webp", "b/deep/2.tif", "z.PNG"));
  EXPECT_EQ((*files)[0].group, "");
  EXPECT_EQ((*files)[1].group, "b");
  EXPECT_EQ((*files)[2].group, "b");
  // However the folder is written.
  EXPECT_EQ((*ListImageFiles(folder.path() + "/"))[2].group, "b");
}

TEST(ListImageFiles, SaysWhatIsWrong) {
  const TemporaryFolder folder;
  folder.Write("notes.txt", "");
  EXPECT_THAT(std::string(ListImageFiles(folder.path()).status().message()),
              HasSubstr("expected pictures (.jpg"));
  EXPECT_THAT(std::string(ListImageFiles(folder.path() + "/none").status().message()),
              HasSubstr("/none: cannot read"));
}

TEST(Sample, DrawsWithoutRepetition) {
  std::vector<ImageFile> files;
  for (int i = 0; i < 100; ++i) files.push_back({std::to_string(i), ""});
  const auto paths = [&](std::size_t count, unsigned seed) {
    std::set<std::string> set;
    for (const ImageFile& file : Sample(files, count, seed)) set.insert(file.path);
    return set;
  };
  EXPECT_EQ(paths(30, 1).size(), 30u);
  EXPECT_EQ(paths(30, 1), paths(30, 1));
  EXPECT_NE(paths(30, 1), paths(30, 2));
  EXPECT_EQ(paths(1000, 1).size(), 100u);
}

}  // namespace
}  // namespace avocet
