#include "engine/image/encode.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "engine/image/decode.h"

namespace avocet {
namespace {

// Blue grows to the right, green downwards.
Image Gradient(int width, int height) {
  Image image{.width = width, .height = height, .bgr = {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      image.bgr.push_back(static_cast<std::uint8_t>(255 * x / width));
      image.bgr.push_back(static_cast<std::uint8_t>(255 * y / height));
      image.bgr.push_back(40);
    }
  }
  return image;
}

TEST(Encode, WritesPngWithoutLoss) {
  const Image image = Gradient(13, 7);
  const auto png = EncodePng(image);
  ASSERT_TRUE(png.ok()) << png.status();
  EXPECT_EQ(png->substr(0, 4), "\x89PNG");
  Image decoded;
  ASSERT_TRUE(Decode(*png, {}, &decoded).ok());
  EXPECT_EQ(decoded.width, 13);
  EXPECT_EQ(decoded.bgr, image.bgr);
}

TEST(Encode, WritesJpegThatLooksTheSame) {
  const Image image = Gradient(64, 48);
  const auto jpeg = EncodeJpeg(image, 90);
  ASSERT_TRUE(jpeg.ok()) << jpeg.status();
  Image decoded;
  ASSERT_TRUE(Decode(*jpeg, {}, &decoded).ok());
  ASSERT_EQ(decoded.bgr.size(), image.bgr.size());
  for (std::size_t i = 0; i < image.bgr.size(); ++i) {
    ASSERT_LE(std::abs(decoded.bgr[i] - image.bgr[i]), 16);
  }
}

TEST(Encode, RefusesAnImageWithoutPixels) {
  EXPECT_EQ(EncodePng(Image()).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(EncodeJpeg(Image(), 90).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(Thumbnail, ShrinksTheLongerSideAndAverages) {
  const Image small = Thumbnail(Gradient(200, 100), 50);
  EXPECT_EQ(small.width, 50);
  EXPECT_EQ(small.height, 25);
  // The mean of blue over columns 100 to 103.
  EXPECT_NEAR(small.bgr[25 * 3], 255 * 101.5 / 200, 1.5);
}

TEST(Thumbnail, NeverEnlargesAndKeepsAPixel) {
  EXPECT_EQ(Thumbnail(Gradient(5, 4), 50).bgr, Gradient(5, 4).bgr);
  EXPECT_EQ(Thumbnail(Gradient(1000, 2), 10).height, 1);
}

}  // namespace
}  // namespace avocet
