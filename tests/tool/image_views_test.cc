#include "engine/tool/image_views.h"

#include <numeric>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/checkpoint/temporary_folder.h"

namespace avocet {
namespace {

using testing::HasSubstr;

// Every pixel says where it is: blue the column, green the row.
Image Grid(int width, int height) {
  Image image{width, height, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (const int value : {x, y, 0}) image.bgr.push_back(static_cast<std::uint8_t>(value));
    }
  }
  return image;
}

TEST(MakeView, CropsAndFlipsTheImage) {
  const Image grid = Grid(200, 100);
  EXPECT_EQ(MakeView(grid, 0, 7).bgr, grid.bgr);
  int flipped = 0;
  for (int number = 1; number <= 100; ++number) {
    const Image view = MakeView(grid, number, 7);
    ASSERT_EQ(view.bgr.size(), static_cast<std::size_t>(view.width * view.height * 3));
    EXPECT_GE(view.width * view.height, 200 * 100 * 0.24);
    // Neighbours in the view are neighbours in the image, all in one direction.
    const int step = view.bgr[3] - view.bgr[0];
    ASSERT_EQ(std::abs(step), 1);
    flipped += step < 0 ? 1 : 0;
    const int left = step > 0 ? view.bgr[0] : view.bgr[0] - view.width + 1;
    EXPECT_GE(left, 0);
    EXPECT_LE(left + view.width, 200);
    EXPECT_EQ(view.bgr[static_cast<std::size_t>(view.width * 3 + 1)], view.bgr[1] + 1);
    EXPECT_LE(view.bgr[1] + view.height, 100);
  }
  EXPECT_GT(flipped, 25);
  EXPECT_LT(flipped, 75);
}

TEST(MakeView, DependsOnNumberAndSeedAlone) {
  const Image grid = Grid(200, 100);
  EXPECT_EQ(MakeView(grid, 3, 7).bgr, MakeView(grid, 3, 7).bgr);
  EXPECT_NE(MakeView(grid, 3, 7).bgr, MakeView(grid, 4, 7).bgr);
  EXPECT_NE(MakeView(grid, 3, 7).bgr, MakeView(grid, 3, 900).bgr);
  const Image pixel = Grid(1, 1);
  EXPECT_EQ(MakeView(pixel, 5, 7).bgr, pixel.bgr);
}

TEST(ViewReader, ReadsEachViewAsAnInput) {
  auto reader = ViewReader::Create({.height = 8, .width = 4});
  ASSERT_TRUE(reader.ok());
  const auto views = reader->Read(AVOCET_TEST_DATA "/photos/chelsea.jpg", 3);
  ASSERT_TRUE(views.ok()) << views.status();
  ASSERT_EQ(views->size(), 3u);
  for (const auto& view : *views) EXPECT_EQ(view.size(), 8u * 4 * 3);
  EXPECT_NE((*views)[0], (*views)[1]);
}

TEST(ViewReader, NamesTheFileThatItCannotRead) {
  const TemporaryFolder folder;
  auto reader = ViewReader::Create({});
  EXPECT_THAT(std::string(reader->Read(folder.path() + "/none.jpg", 1).status().message()),
              HasSubstr("/none.jpg: cannot open"));
  const std::string text = folder.Write("text.jpg", "text");
  EXPECT_THAT(std::string(reader->Read(text, 1).status().message()), HasSubstr("/text.jpg: "));
}

}  // namespace
}  // namespace avocet
