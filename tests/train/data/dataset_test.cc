#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/train/data/folder_dataset.h"
#include "engine/train/data/natural_order.h"
#include "engine/train/data/open_dataset.h"
#include "engine/train/data/split.h"
#include "tests/checkpoint/temporary_folder.h"

namespace avocet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(NaturalLessTest, AsTimmSorts) {
  std::vector<std::string> names = {"b10", "b9", "B1", "a", "10", "9", "b2x", "b2", "007", "7", ""};
  std::sort(names.begin(), names.end(), NaturalLess);
  EXPECT_THAT(names, ElementsAre("", "007", "7", "9", "10", "a", "B1", "b2", "b2x", "b9", "b10"));
  EXPECT_FALSE(NaturalLess("a", "a"));
  EXPECT_TRUE(NaturalLess("A", "a"));
  EXPECT_TRUE(NaturalLess("x99999999999999999999", "x100000000000000000000"));
}

class FoldersTest : public testing::Test {
 protected:
  // Makes an empty file below the folder.
  void Touch(const std::string& name) const {
    std::filesystem::create_directories(
        std::filesystem::path(folder_.path() + "/" + name).parent_path());
    folder_.Write(name, "");
  }
  std::string MessageOf(const DatasetOptions& options = {}) const {
    return std::string(OpenDataset(folder_.path(), options).status().message());
  }
  // Paths of the samples within the folder.
  std::vector<std::string> NamesOf(const Dataset& dataset) const {
    std::vector<std::string> names;
    for (const Sample& sample : dataset.samples) {
      names.push_back(sample.path.substr(folder_.path().size() + 1));
    }
    return names;
  }

  TemporaryFolder folder_;
};

TEST_F(FoldersTest, TakesImagesOfNestedFoldersAndNothingElse) {
  for (const char* name : {"10/a.jpg", "2/b.PNG", "2/deep/c.webp", "2/.hidden.png", "2/notes.txt",
                           ".git/x.png", "empty/readme.md", "outside.png"}) {
    Touch(name);
  }
  const auto dataset = ReadFolders(folder_.path());
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_THAT(dataset->class_names, ElementsAre("2", "10"));
  EXPECT_THAT(NamesOf(*dataset), ElementsAre("2/b.PNG", "2/deep/c.webp", "10/a.jpg"));
  EXPECT_THAT(dataset->ClassCounts(), ElementsAre(2, 1));
}

TEST_F(FoldersTest, FollowsLinksButNotInCircles) {
  namespace fs = std::filesystem;
  Touch("cat/a.png");
  fs::create_directory_symlink(folder_.path() + "/cat", folder_.path() + "/cat/again");
  fs::create_directory_symlink(folder_.path(), folder_.path() + "/cat/up");
  fs::create_directory_symlink(folder_.path() + "/cat", folder_.path() + "/dog");
  fs::create_symlink("nowhere.png", folder_.path() + "/cat/broken.png");
  const auto dataset = ReadFolders(folder_.path());
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_THAT(NamesOf(*dataset),
              ElementsAre("cat/a.png", "cat/broken.png", "dog/a.png", "dog/broken.png"));
}

TEST_F(FoldersTest, TrainAndValidation) {
  for (const char* name : {"train/b/1.png", "train/a/2.png", "val/a/3.png"}) Touch(name);
  const auto data = OpenDataset(folder_.path(), {});
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_THAT(data->train.class_names, ElementsAre("a", "b"));
  EXPECT_THAT(data->validation.class_names, ElementsAre("a", "b"));
  EXPECT_THAT(NamesOf(data->validation), ElementsAre("val/a/3.png"));
  Touch("val/c/4.png");
  EXPECT_THAT(MessageOf(), HasSubstr("class \"c\" has 1 images here but none to train on"));
}

TEST_F(FoldersTest, WantsNamesThatAModelCanHave) {
  Touch("cat/a.png");
  Touch("d\xf6g/a.png");
  EXPECT_THAT(MessageOf(), HasSubstr("name of a class: expected UTF-8, found \"d\\366g\""));
  std::filesystem::rename(folder_.path() + "/d\xf6g", folder_.path() + "/d\xc3\xb6g");
  EXPECT_EQ(MessageOf(), "");
  const std::string latin = folder_.path() + "/\xfc";
  EXPECT_EQ(OpenDataset(latin, {}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(
      std::string(OpenDataset(latin, {}).status().message()),
      HasSubstr("path of the images: expected UTF-8, found \"" + folder_.path() + "/\\374"));
  EXPECT_THAT(MessageOf({.validation_path = "\xfc"}), HasSubstr("validate on: expected UTF-8"));
}

TEST_F(FoldersTest, Errors) {
  EXPECT_THAT(MessageOf(), HasSubstr("expected folders of images"));
  Touch("a.png");
  EXPECT_THAT(MessageOf(), HasSubstr("1 images that are in no folder"));
  Touch("cat/a.png");
  EXPECT_THAT(MessageOf(), HasSubstr("expected at least two classes, found 1 (\"cat\")"));
  Touch("dog/a.png");
  EXPECT_EQ(MessageOf(), "");
  EXPECT_THAT(MessageOf({.validation_path = "", .validation_fraction = 1, .seed = 0}),
              HasSubstr("found 1"));
  EXPECT_THAT(MessageOf({.validation_path = "/nowhere", .validation_fraction = 0, .seed = 0}),
              HasSubstr("/nowhere"));
  EXPECT_EQ(OpenDataset(folder_.path() + "/none", {}).status().code(), absl::StatusCode::kNotFound);
}

Dataset Numbered(const std::vector<int>& counts) {
  Dataset dataset;
  for (std::size_t label = 0; label < counts.size(); ++label) {
    dataset.class_names.push_back(std::to_string(label));
    for (int i = 0; i < counts[label]; ++i) {
      dataset.samples.push_back({std::to_string(i), -1, static_cast<int>(label)});
    }
  }
  return dataset;
}

TEST(SplitDatasetTest, TakesTheFractionOfEachClass) {
  const Dataset dataset = Numbered({100, 14, 2, 1});
  const auto data = SplitDataset(dataset, 0.1, 5);
  ASSERT_TRUE(data.ok()) << data.status();
  EXPECT_THAT(data->validation.ClassCounts(), ElementsAre(10, 1, 1, 0));
  EXPECT_THAT(data->train.ClassCounts(), ElementsAre(90, 13, 1, 1));
  EXPECT_EQ(SplitDataset(dataset, 0.1, 5)->validation.samples, data->validation.samples);
  EXPECT_NE(SplitDataset(dataset, 0.1, 6)->validation.samples, data->validation.samples);
  std::vector<Sample> all = data->train.samples;
  all.insert(all.end(), data->validation.samples.begin(), data->validation.samples.end());
  EXPECT_TRUE(std::is_permutation(all.begin(), all.end(), dataset.samples.begin()));
  EXPECT_EQ(SplitDataset(dataset, 0, 5)->validation.size(), 0);
}

}  // namespace
}  // namespace avocet
