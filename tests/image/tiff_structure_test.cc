#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>

#include "engine/image/exif.h"
#include "engine/image/image_structure.h"

namespace avocet {
namespace {

using ::testing::HasSubstr;

// A TIFF file of one directory, each tag with one value that stands in its entry, and four bytes of
// pixels at the end.
class TinyTiff {
 public:
  explicit TinyTiff(bool big_endian) : big_endian_(big_endian) {
    tags_ = {{256, 2}, {257, 2}, {258, 8}, {262, 1}, {273, 0}, {277, 1}, {278, 2}, {279, 4}};
    tags_[273] = static_cast<std::uint32_t>(8 + 2 + 12 * tags_.size() + 4);
  }

  TinyTiff& Set(std::uint32_t tag, std::uint32_t value) {
    if (!tags_.contains(tag)) tags_[273] += 12;
    tags_[tag] = value;
    return *this;
  }

  TinyTiff& OrientationAsLong() {
    orientation_tag_ = 0;
    return *this;
  }

  std::string Encode() const {
    std::string bytes = big_endian_ ? "MM" : "II";
    Append(&bytes, 42, 2);
    Append(&bytes, 8, 4);
    Append(&bytes, static_cast<std::uint32_t>(tags_.size()), 2);
    for (const auto& [tag, value] : tags_) {
      Append(&bytes, tag, 2);
      const bool is_short = tag == orientation_tag_;
      Append(&bytes, is_short ? 3 : 4, 2);  // SHORT or LONG
      Append(&bytes, 1, 4);
      Append(&bytes, value, is_short ? 2 : 4);
      if (is_short) Append(&bytes, 0, 2);
    }
    Append(&bytes, 0, 4);
    return bytes + "abcd";
  }

 private:
  void Append(std::string* bytes, std::uint32_t value, int count) const {
    for (int i = 0; i < count; ++i) {
      const int shift = 8 * (big_endian_ ? count - 1 - i : i);
      bytes->push_back(static_cast<char>(value >> shift & 0xff));
    }
  }

  bool big_endian_;
  std::uint32_t orientation_tag_ = 274;  // the one tag stored as SHORT
  std::map<std::uint32_t, std::uint32_t> tags_;
};

std::string MessageOf(const TinyTiff& tiff) {
  const auto structure = InspectTiff(tiff.Encode(), Extent::kWhole);
  EXPECT_EQ(structure.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(structure.status().message());
}

TEST(InspectTiff, ReadsBothByteOrders) {
  for (const bool big_endian : {false, true}) {
    const auto structure =
        InspectTiff(TinyTiff(big_endian).Set(256, 3).Set(274, 8).Encode(), Extent::kWhole);
    ASSERT_TRUE(structure.ok()) << structure.status();
    EXPECT_EQ(structure->header.width, 3);
    EXPECT_EQ(structure->header.height, 2);
    EXPECT_EQ(structure->orientation, 8);
    EXPECT_EQ(structure->big_endian, big_endian);
  }
}

TEST(InspectTiff, RefusesSamplesThatAreNotSmallUnsignedIntegers) {
  EXPECT_THAT(MessageOf(TinyTiff(false).Set(258, 32)), HasSubstr("found 32 bits"));
  EXPECT_THAT(MessageOf(TinyTiff(false).Set(339, 3)), HasSubstr("sample format 3"));
}

TEST(InspectTiff, RefusesStripsBeyondTheEnd) {
  EXPECT_THAT(MessageOf(TinyTiff(false).Set(279, 5)), HasSubstr("truncated TIFF: strip or tile 0"));
  EXPECT_THAT(MessageOf(TinyTiff(false).Set(279, 0xffffffff)), HasSubstr("truncated TIFF"));
}

TEST(InspectTiff, RefusesPiecesThatWouldTakeMuchMemory) {
  EXPECT_THAT(MessageOf(TinyTiff(false).Set(277, 60000)), HasSubstr("samples a pixel"));
  EXPECT_THAT(MessageOf(TinyTiff(false).Set(322, 16384).Set(323, 16384)),
              HasSubstr("tiles of at most 4096 pixels a side, found 16384 x 16384"));
}

// OpenCV would act on it, and it could not be neutralised in place.
TEST(InspectTiff, RefusesAnOrientationOfTheWrongType) {
  EXPECT_THAT(MessageOf(TinyTiff(false).Set(274, 6).OrientationAsLong()),
              HasSubstr("orientation is not a 16-bit number"));
}

TEST(ExifOrientation, IsUprightForAnythingDamaged) {
  const std::string exif = TinyTiff(true).Set(274, 6).Encode();
  EXPECT_EQ(ExifOrientation(exif), 6);
  EXPECT_EQ(ExifOrientation(TinyTiff(true).Set(274, 9).Encode()), 1);
  EXPECT_EQ(ExifOrientation(TinyTiff(true).Encode()), 1);
  for (std::size_t size = 0; size < 60; ++size) {
    EXPECT_EQ(ExifOrientation(exif.substr(0, size)), 1) << size;
  }
}

}  // namespace
}  // namespace avocet
