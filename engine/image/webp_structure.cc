// WebP: a RIFF file whose first chunk tells the kind: lossy (VP8), lossless (VP8L) or extended
// (VP8X).
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "engine/image/byte_order.h"
#include "engine/image/exif.h"
#include "engine/image/image_structure.h"

namespace avocet {
namespace {

constexpr std::size_t kRiffHeader = 12;  // "RIFF", size, "WEBP"
constexpr std::size_t kChunkHeader = 8;  // kind, size
constexpr std::size_t kFirstData = kRiffHeader + kChunkHeader;
constexpr std::size_t kLongestHead = 10;  // bytes of the first chunk that hold the size

absl::Status ReadSize(std::string_view encoded, ImageHeader* header) {
  const std::string_view kind = encoded.substr(kRiffHeader, 4);
  const std::string_view data = encoded.substr(kFirstData);
  if (kind == "VP8 ") {
    if (data.substr(3, 3) != "\x9d\x01\x2a") {
      return absl::InvalidArgumentError("broken WebP: no start code in its VP8 chunk");
    }
    header->width = LoadLittle16(data, 6) & 0x3fff;  // the upper two bits ask for upscaling
    header->height = LoadLittle16(data, 8) & 0x3fff;
  } else if (kind == "VP8L") {
    if (LoadByte(data, 0) != 0x2f) {
      return absl::InvalidArgumentError("broken WebP: no signature in its VP8L chunk");
    }
    const std::uint32_t sides = LoadLittle32(data, 1);
    header->width = (sides & 0x3fff) + 1;
    header->height = ((sides >> 14) & 0x3fff) + 1;
  } else if (kind == "VP8X") {
    constexpr std::uint32_t kAnimated = 0x02;
    if (LoadByte(data, 0) & kAnimated) {
      return absl::InvalidArgumentError("expected a still image, found an animated WebP");
    }
    header->width = LoadLittle24(data, 4) + 1;
    header->height = LoadLittle24(data, 7) + 1;
  } else {
    return absl::InvalidArgumentError("broken WebP: expected a VP8, VP8L or VP8X chunk first");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ImageStructure> InspectWebp(std::string_view encoded, Extent extent) {
  if (encoded.size() < kFirstData + kLongestHead) {
    return absl::InvalidArgumentError(
        absl::StrCat("truncated WebP: ", encoded.size(), " bytes end inside the header"));
  }
  ImageStructure structure;
  if (absl::Status status = ReadSize(encoded, &structure.header); !status.ok()) return status;
  if (extent == Extent::kHeader) return structure;

  const std::size_t riff_size = LoadLittle32(encoded, 4);  // counts what follows it
  if (riff_size > encoded.size() - 8) {
    return absl::InvalidArgumentError(
        absl::StrCat("truncated WebP: expected ", riff_size + 8, " bytes, found ", encoded.size()));
  }
  const std::string_view riff = encoded.substr(0, riff_size + 8);
  for (std::size_t at = kRiffHeader; at < riff.size() && riff.size() - at >= kChunkHeader;) {
    const std::size_t size = LoadLittle32(riff, at + 4);
    if (size > riff.size() - at - kChunkHeader) {
      return absl::InvalidArgumentError(
          absl::StrCat("broken WebP: chunk at byte ", at, " reaches beyond the file's end"));
    }
    if (riff.substr(at, 4) == "EXIF") {
      std::string_view exif = riff.substr(at + kChunkHeader, size);
      constexpr std::string_view kPrefix("Exif\0\0", 6);  // JPEG's; some writers keep it
      if (exif.starts_with(kPrefix)) exif.remove_prefix(kPrefix.size());
      structure.orientation = ExifOrientation(exif);
    }
    at += kChunkHeader + size + size % 2;  // chunks start at even bytes
  }
  return structure;
}

}  // namespace avocet
