#include "engine/image/image_header.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/image/test_images.h"

namespace avocet {
namespace {

using ::testing::HasSubstr;
using namespace std::string_literals;

std::string MessageOf(const std::string& encoded) {
  const auto header = ReadImageHeader(encoded);
  EXPECT_EQ(header.status().code(), absl::StatusCode::kInvalidArgument) << header.status();
  return std::string(header.status().message());
}

TEST(ReadImageHeader, TellsFormatsApartByContent) {
  const std::pair<const char*, ImageFormat> samples[] = {
      {"rgb.jpg", ImageFormat::kJpeg},       {"progressive.jpg", ImageFormat::kJpeg},
      {"cmyk.jpg", ImageFormat::kJpeg},      {"rgb.png", ImageFormat::kPng},
      {"palette.png", ImageFormat::kPng},    {"lossy.webp", ImageFormat::kWebp},
      {"lossless.webp", ImageFormat::kWebp}, {"exif_6.webp", ImageFormat::kWebp},
      {"rgb.bmp", ImageFormat::kBmp},        {"palette.bmp", ImageFormat::kBmp},
      {"rgb.tif", ImageFormat::kTiff},       {"exif_6.tif", ImageFormat::kTiff},
      {"exif_6.jpg", ImageFormat::kJpeg},    {"exif_6.png", ImageFormat::kPng}};
  for (const auto& [name, format] : samples) {
    const auto header = ReadImageHeader(ReadTestFile("images/"s + name));
    ASSERT_TRUE(header.ok()) << name << ": " << header.status();
    EXPECT_EQ(header->format, format) << name;
    EXPECT_EQ(header->width, 61) << name;
    EXPECT_EQ(header->height, 47) << name;
  }
}

TEST(ReadImageHeader, ReadsHugeSizesWithoutPixels) {
  const auto header = ReadImageHeader(ReadTestFile("images/20000x20000.png"));
  ASSERT_TRUE(header.ok());
  EXPECT_EQ(header->width, 20000);
  EXPECT_EQ(header->height, 20000);
}

TEST(ReadImageHeader, NeedsOnlyTheHeader) {
  EXPECT_TRUE(ReadImageHeader(ReadTestFile("images/truncated.jpg")).ok());
  EXPECT_TRUE(ReadImageHeader(ReadTestFile("images/rgb.png").substr(0, 60)).ok());
}

TEST(ReadImageHeader, NamesWhatItFoundInstead) {
  const std::pair<std::string, const char*> samples[] = {
      {ReadTestFile("images/empty.jpg"), "no bytes at all"},
      {ReadTestFile("images/text.jpg"), "found text"},
      {ReadTestFile("images/picture.gif"), "a GIF image"},
      {"\0\0\0\x18"s + "ftypheic", "a HEIC image"},
      {"\0\0\0\x1c"s + "ftypavif", "an AVIF image"},
      {"%PDF-1.7\n", "a PDF document"},
      {"<!DOCTYPE html><html>", "HTML"},
      {"/9j/4AAQSkZJRg==", "base64"},
      {"BM is not enough for a bitmap", "found text"},
      {"\x01\x02\x03\x04"s, "unknown data of 4 bytes that starts with 01 02 03 04"}};
  for (const auto& [encoded, found] : samples) {
    EXPECT_THAT(MessageOf(encoded), HasSubstr("expected a JPEG, PNG, WebP, BMP or TIFF image"));
    EXPECT_THAT(MessageOf(encoded), HasSubstr(found));
  }
}

TEST(ReadImageHeader, RefusesSizesOfZero) {
  std::string png = ReadTestFile("images/rgb.png");
  png[19] = '\0';
  EXPECT_THAT(MessageOf(png), HasSubstr("at least one pixel, found 0 x 47"));
}

TEST(ReadImageHeader, RefusesAnimations) {
  EXPECT_THAT(MessageOf(ReadTestFile("images/animated.webp")), HasSubstr("animated WebP"));
}

TEST(ReadImageHeader, RefusesHeadersThatEndEarly) {
  for (const char* name : {"rgb.jpg", "rgb.png", "lossy.webp", "rgb.bmp"}) {
    const std::string encoded = ReadTestFile("images/"s + name);
    for (std::size_t size = 0; size < 26; ++size) {
      EXPECT_FALSE(ReadImageHeader(encoded.substr(0, size)).ok()) << name << ", " << size;
    }
  }
}

}  // namespace
}  // namespace avocet
