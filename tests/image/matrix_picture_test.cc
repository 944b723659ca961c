#include "engine/image/matrix_picture.h"

#include "engine/image/decode.h"
#include "engine/image/encode.h"
#include "gtest/gtest.h"

namespace avocet {
namespace {

Image Draw(int rows, std::function<std::int64_t(int, int)> count) {
  return DrawMatrix({std::vector<std::string>(static_cast<std::size_t>(rows), "K\xc3\xa4uzchen"),
                     std::move(count), "class", "taken for"});
}

// Pixels darker than half.
int DarkPixels(const Image& image) {
  int dark = 0;
  for (std::size_t i = 0; i < image.bgr.size(); i += 3) {
    dark += image.bgr[i] + image.bgr[i + 1] + image.bgr[i + 2] < 384 ? 1 : 0;
  }
  return dark;
}

TEST(DrawMatrix, DarkensWhatIsMany) {
  const auto none = [](int, int) { return std::int64_t{0}; };
  const auto diagonal = [](int row, int column) { return std::int64_t{row == column ? 9 : 0}; };
  const Image empty = Draw(4, none);
  const Image full = Draw(4, diagonal);
  ASSERT_EQ(full.bgr.size(), static_cast<std::size_t>(full.width * full.height * 3));
  EXPECT_EQ(empty.width, full.width);
  // Four cells of 40 x 40 pixels, less the numbers in them.
  EXPECT_GT(DarkPixels(full) - DarkPixels(empty), 4 * 40 * 40 * 8 / 10);
  EXPECT_LT(DarkPixels(full) - DarkPixels(empty), 4 * 41 * 41);
}

TEST(DrawMatrix, StaysWithinBounds) {
  const auto one = [](int, int) { return std::int64_t{1}; };
  for (const int rows : {1, 30, 31, 100, 101, 1000}) {
    const Image image = Draw(rows, one);
    EXPECT_LE(image.width, 4096 + 1000) << rows;
    Image read;
    const auto png = EncodePng(image);
    ASSERT_TRUE(png.ok()) << png.status();
    ASSERT_TRUE(Decode(*png, {}, &read).ok());
    EXPECT_EQ(read.bgr, image.bgr) << rows;
  }
}

}  // namespace
}  // namespace avocet
