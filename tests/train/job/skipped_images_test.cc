#include "engine/train/job/skipped_images.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace avocet {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(GatherSkipped, IsByNameWhateverTheNamesAre) {
  const std::vector<SkippedImage> images =
      GatherSkipped(nullptr, {{"b\n.png", "cut: off"}, {"a.png", ""}});
  ASSERT_EQ(images.size(), 2u);
  EXPECT_EQ(images[0].name, "a.png");
  EXPECT_EQ(images[0].reason, "");
  EXPECT_EQ(images[1].name, "b\n.png");
  EXPECT_EQ(images[1].reason, "cut: off");
  EXPECT_TRUE(GatherSkipped(nullptr, {}).empty());
}

TEST(SkippedText, NamesSomeAndCountsAll) {
  EXPECT_EQ(SkippedText({}, "list.csv"), "");
  std::vector<SkippedImage> images = {{"a.png", "cut off"}};
  EXPECT_EQ(SkippedText(images, "run/list.csv"),
            "skipped a.png: cut off\n1 image cannot be read; listed in run/list.csv\n");
  for (int i = 1; i < 25; ++i) images.push_back({std::to_string(i) + ".png", "no image"});
  const std::string text = SkippedText(images, "run/list.csv");
  EXPECT_EQ(std::ranges::count(text, '\n'), 21);
  EXPECT_THAT(text, HasSubstr("skipped 19.png: no image\n25 images cannot be read, the first 20 of "
                              "them above; listed in run/list.csv\n"));
  EXPECT_THAT(text, Not(HasSubstr("skipped 20.png")));
}

}  // namespace
}  // namespace avocet
