#include "engine/train/report/data_lists.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "tests/checkpoint/temporary_folder.h"

namespace avocet {
namespace {

TEST(DataLists, NamesEveryClassWithItsImages) {
  const TemporaryFolder folder;
  DataLists lists(folder.path());
  lists.OnStart({.class_names = {"cat, or so", "dog"}, .train_images = {5, 7}});
  EXPECT_EQ(folder.Read("classes.csv"),
            "index,name,train_images,validation_images\n0,\"cat, or so\",5,0\n1,dog,7,0\n");
  lists.OnStart(
      {.class_names = {"cat", "dog"}, .train_images = {5, 7}, .validation_images = {2, 3}});
  EXPECT_EQ(folder.Read("classes.csv"),
            "index,name,train_images,validation_images\n0,cat,5,2\n1,dog,7,3\n");
}

TEST(DataLists, ListsWhatCannotBeReadAtTheStartAndAtTheEnd) {
  const TemporaryFolder folder;
  DataLists lists(folder.path());
  lists.OnStart({.skipped = {{"a.png", "no image"}}});
  EXPECT_EQ(folder.Read("unreadable.csv"), "path,reason\na.png,no image\n");
  lists.OnEnd({.skipped = {{"a.png", "no image"}, {"b, c.png", "cut off"}}});
  EXPECT_EQ(folder.Read("unreadable.csv"), "path,reason\na.png,no image\n\"b, c.png\",cut off\n");
  lists.OnEnd({});
  EXPECT_FALSE(std::filesystem::exists(folder.path() + "/unreadable.csv"));
}

}  // namespace
}  // namespace avocet
