// What an encoded picture says about itself before it is decoded.
#ifndef AVOCET_ENGINE_IMAGE_IMAGE_HEADER_H_
#define AVOCET_ENGINE_IMAGE_IMAGE_HEADER_H_

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"

namespace avocet {

enum class ImageFormat { kJpeg, kPng, kWebp, kBmp, kTiff };

// "JPEG", "PNG", "WebP", "BMP" or "TIFF".
std::string_view ImageFormatName(ImageFormat format);

// Size in pixels as stored: before any EXIF orientation, both sides at least 1.
struct ImageHeader {
  ImageFormat format = ImageFormat::kJpeg;
  std::int64_t width = 0;
  std::int64_t height = 0;
};

// Recognises the format by content and reads the size, in time bounded by the number of bytes and
// without allocating. Answers INVALID_ARGUMENT for what is not one of the five formats (naming what
// it looks like) and for a header that is broken or cut off; bytes after the header are not looked
// at. Thread-safe.
absl::StatusOr<ImageHeader> ReadImageHeader(std::string_view encoded);

}  // namespace avocet

#endif  // AVOCET_ENGINE_IMAGE_IMAGE_HEADER_H_
