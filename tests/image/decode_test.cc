#include "engine/image/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "engine/image/image_structure.h"
#include "tests/image/test_images.h"

namespace avocet {
namespace {

using ::testing::HasSubstr;

std::string MessageOf(const std::string& encoded, const DecodeOptions& options = {}) {
  Image image;
  const absl::Status status = Decode(encoded, options, &image);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  return std::string(status.message());
}

// Where the orientation's value lies in a sample whose orientation is 6.
std::size_t OrientationAt(const std::string& encoded) {
  const auto is_little = encoded.find(std::string("II\x2a\0", 4)) != std::string::npos;
  const std::string entry = is_little ? std::string("\x12\x01\x03\0\x01\0\0\0\x06\0", 10)
                                      : std::string("\x01\x12\0\x03\0\0\0\x01\0\x06", 10);
  const std::size_t at = encoded.find(entry);
  EXPECT_NE(at, std::string::npos);
  return at + (is_little ? 8 : 9);
}

// The place in a stored picture of `width` x `height` that an orientation shows at (x, y) of the
// upright one.
std::pair<int, int> Stored(int orientation, int x, int y, int width, int height) {
  switch (orientation) {
    case 2:
      return {width - 1 - x, y};
    case 3:
      return {width - 1 - x, height - 1 - y};
    case 4:
      return {x, height - 1 - y};
    case 5:
      return {y, x};
    case 6:
      return {y, height - 1 - x};
    case 7:
      return {width - 1 - y, height - 1 - x};
    case 8:
      return {width - 1 - y, x};
    default:
      return {x, y};
  }
}

Image Turned(const Image& stored, int orientation) {
  Image image = stored;
  if (orientation >= 5) std::swap(image.width, image.height);
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      const auto [from_x, from_y] = Stored(orientation, x, y, stored.width, stored.height);
      for (int c = 0; c < 3; ++c) {
        image.bgr[static_cast<std::size_t>((y * image.width + x) * 3 + c)] =
            stored.bgr[static_cast<std::size_t>((from_y * stored.width + from_x) * 3 + c)];
      }
    }
  }
  return image;
}

// Whether `image` is that of `row` of vectors.json.
testing::AssertionResult EqualsPillow(const Image& image, const nlohmann::json& row) {
  if (image.width == row.at("width").get<int>() && image.height == row.at("height").get<int>() &&
      Crc32(RgbOf(image)) == row.at("rgb_crc32").get<std::uint32_t>()) {
    return testing::AssertionSuccess();
  }
  return testing::AssertionFailure()
         << row << ", found " << image.width << " x " << image.height << " pixels";
}

TEST(Decode, PixelsOfEveryKindEqualPillow) {
  const nlohmann::json vectors = ReadTestJson("images/vectors.json");
  for (const nlohmann::json& row : vectors.at("pixels")) {
    EXPECT_TRUE(EqualsPillow(DecodeTestFile("images/" + row.at("file").get<std::string>()), row));
  }
}

// The twin: the smallest difference that there is.
TEST(Decode, OnePixelOffByOneIsNotPillows) {
  const nlohmann::json vectors = ReadTestJson("images/vectors.json");
  for (const nlohmann::json& row : vectors.at("pixels")) {
    Image image = DecodeTestFile("images/" + row.at("file").get<std::string>());
    image.bgr.back() ^= 1;
    EXPECT_FALSE(EqualsPillow(image, row)) << row;
  }
}

int LargestDifference(const Image& a, const Image& b) {
  EXPECT_EQ(a.bgr.size(), b.bgr.size());
  int largest = 0;
  for (std::size_t i = 0; i < std::min(a.bgr.size(), b.bgr.size()); ++i) {
    largest = std::max(largest, std::abs(a.bgr[i] - b.bgr[i]));
  }
  return largest;
}

TEST(Decode, CmykIsWithinTwoOfPillow) {
  for (const std::string name : {"images/cmyk.jpg", "images/cmyk.tif"}) {
    EXPECT_LE(LargestDifference(DecodeTestFile(name), DecodeTestFile(name + ".expected.png")), 2)
        << name;
  }
}

// The twin: one more than that.
TEST(Decode, OnePixelOfCmykOffByThreeIsNoticed) {
  for (const std::string name : {"images/cmyk.jpg", "images/cmyk.tif"}) {
    Image image = DecodeTestFile(name);
    const Image expected = DecodeTestFile(name + ".expected.png");
    const int last = expected.bgr.back();
    image.bgr.back() = static_cast<std::uint8_t>(last < 128 ? last + 3 : last - 3);
    EXPECT_GT(LargestDifference(image, expected), 2) << name;
  }
}

TEST(Decode, AppliesEveryOrientationUnlessSwitchedOff) {
  DecodeOptions as_stored;
  as_stored.apply_exif_orientation = false;
  for (const std::string name :
       {"images/exif_6.jpg", "images/exif_6.png", "images/exif_6.webp", "images/exif_6.tif"}) {
    std::string encoded = ReadTestFile(name);
    // The decoder of PNG checks the chunk's CRC, and leaves out metadata with a wrong one; ours
    // does not look at it.
    const std::size_t at = OrientationAt(encoded);
    for (char orientation = 1; orientation <= 8; ++orientation) {
      encoded[at] = orientation;
      Image stored;
      ASSERT_TRUE(Decode(encoded, as_stored, &stored).ok()) << name;
      EXPECT_EQ(stored.width, 61);
      Image upright;
      ASSERT_TRUE(Decode(encoded, DecodeOptions(), &upright).ok()) << name;
      const Image expected = Turned(stored, orientation);
      EXPECT_EQ(upright.width, expected.width);
      EXPECT_TRUE(upright.bgr == expected.bgr) << name << ", orientation " << int{orientation};
    }
  }
}

TEST(Decode, ReusesTheMemoryOfTheImage) {
  Image image = DecodeTestFile("images/200x150.png");
  const std::uint8_t* const pixels = image.bgr.data();
  for (const std::string name : {"rgb.jpg", "rgb.png", "lossless.webp", "rgb.bmp", "rgb.tif"}) {
    ASSERT_TRUE(Decode(ReadTestFile("images/" + name), DecodeOptions(), &image).ok()) << name;
    EXPECT_EQ(image.bgr.data(), pixels) << name;
  }
}

TEST(Decode, RefusesAFileCutAnywhere) {
  // With the number of bytes at the end that are only padding.
  const std::vector<std::pair<std::string, std::size_t>> names = {
      {"rgb.jpg", 0},  {"progressive.jpg", 0}, {"restart.jpg", 0}, {"cmyk.jpg", 0},
      {"rgb.png", 0},  {"lossy.webp", 0},      {"alpha.webp", 0},  {"rgb.bmp", 0},
      {"rgba.bmp", 0}, {"rgb.tif", 0},         {"lzw.tif", 0}};
  for (const auto& [name, padding] : names) {
    const std::string whole = ReadTestFile("images/" + name);
    for (std::size_t size = 0; size + padding < whole.size(); size += 1 + size / 50) {
      Image image;
      EXPECT_EQ(Decode(whole.substr(0, size), DecodeOptions(), &image).code(),
                absl::StatusCode::kInvalidArgument)
          << name << " cut to " << size << " of " << whole.size() << " bytes";
    }
    Image image;
    EXPECT_EQ(Decode(whole.substr(0, whole.size() - 1 - padding), DecodeOptions(), &image).code(),
              absl::StatusCode::kInvalidArgument)
        << name;
  }
}

TEST(Decode, SaysThatAFileIsTruncated) {
  EXPECT_THAT(MessageOf(ReadTestFile("images/truncated.jpg")), HasSubstr("truncated JPEG"));
  const std::string png = ReadTestFile("images/rgb.png");
  EXPECT_THAT(MessageOf(png.substr(0, png.size() / 2)), HasSubstr("truncated PNG"));
}

TEST(Decode, AcceptsBytesAfterTheEnd) {
  for (const std::string name : {"rgb.jpg", "rgb.png", "lossy.webp", "rgb.bmp", "rgb.tif"}) {
    Image image;
    EXPECT_TRUE(Decode(ReadTestFile("images/" + name) + "more", DecodeOptions(), &image).ok())
        << name;
  }
}

TEST(Decode, RefusesDamagedPixelData) {
  std::string png = ReadTestFile("images/rgb.png");
  png[png.size() / 2] ^= 1;
  EXPECT_THAT(MessageOf(png), HasSubstr("cannot be decoded"));
  std::string webp = ReadTestFile("images/lossless.webp");
  for (std::size_t i = 30; i < 60; ++i) webp[i] = '\xff';
  EXPECT_THAT(MessageOf(webp), HasSubstr("cannot be decoded"));
}

TEST(Decode, RefusesTooManyPixelsBeforeItAllocatesThem) {
  Image image;
  const absl::Status status =
      Decode(ReadTestFile("images/20000x20000.png"), DecodeOptions(), &image);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("64000000 pixels, found 20000 x 20000"));
  EXPECT_EQ(image.bgr.capacity(), 0u);
}

TEST(Decode, LimitsAreThoseOfTheOptions) {
  DecodeOptions options;
  options.max_pixels = 61 * 47;
  Image image;
  const std::string encoded = ReadTestFile("images/rgb.jpg");
  EXPECT_TRUE(Decode(encoded, options, &image).ok());
  options.max_pixels -= 1;
  EXPECT_THAT(MessageOf(encoded, options), HasSubstr("at most 2866 pixels, found 61 x 47"));
  options = DecodeOptions();
  options.max_side = 60;
  EXPECT_THAT(MessageOf(encoded, options), HasSubstr("sides of at most 60 pixels"));
}

TEST(Decode, RefusesAJpegOfThousandsOfScans) {
  const std::string jpeg = ReadTestFile("images/progressive.jpg");
  const std::size_t scan = jpeg.find("\xff\xda");
  const std::size_t next = jpeg.find("\xff\xda", scan + 2);
  std::string many = jpeg.substr(0, next);
  for (int i = 0; i < 1000; ++i) many += jpeg.substr(scan, next - scan);
  EXPECT_THAT(MessageOf(many + "\xff\xd9"), HasSubstr("scans"));
}

}  // namespace
}  // namespace avocet
