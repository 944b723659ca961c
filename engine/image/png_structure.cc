// PNG: a signature and chunks of length, kind, data and CRC (the decoder checks the CRCs).
#include <cstddef>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "engine/image/byte_order.h"
#include "engine/image/exif.h"
#include "engine/image/image_structure.h"

namespace avocet {

absl::StatusOr<ImageStructure> InspectPng(std::string_view encoded, Extent extent) {
  constexpr std::size_t kSignature = 8;
  constexpr std::size_t kChunkFrame = 12;  // length, kind, CRC
  constexpr std::size_t kHeaderData = 13;
  if (encoded.size() < kSignature + kChunkFrame + kHeaderData) {
    return absl::InvalidArgumentError(
        absl::StrCat("truncated PNG: ", encoded.size(), " bytes end inside the header"));
  }
  if (LoadBig32(encoded, kSignature) != kHeaderData ||
      encoded.substr(kSignature + 4, 4) != "IHDR") {
    return absl::InvalidArgumentError("broken PNG: it does not start with an IHDR chunk");
  }
  ImageStructure structure;
  structure.header.width = LoadBig32(encoded, kSignature + 8);
  structure.header.height = LoadBig32(encoded, kSignature + 12);
  if (extent == Extent::kHeader) return structure;

  bool pixels_found = false;
  std::size_t at = kSignature;
  while (encoded.size() - at >= kChunkFrame) {
    const std::size_t length = LoadBig32(encoded, at);
    const std::string_view kind = encoded.substr(at + 4, 4);
    if (length > encoded.size() - at - kChunkFrame) {
      return absl::InvalidArgumentError(absl::StrCat("truncated PNG: ", encoded.size(),
                                                     " bytes end inside chunk ",
                                                     absl::CHexEscape(std::string(kind))));
    }
    if (kind == "IEND") {
      if (pixels_found) return structure;
      return absl::InvalidArgumentError("broken PNG: it has no IDAT chunk");
    }
    if (kind == "IDAT") pixels_found = true;
    if (kind == "eXIf") structure.orientation = ExifOrientation(encoded.substr(at + 8, length));
    at += kChunkFrame + length;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("truncated PNG: ", encoded.size(), " bytes end before the IEND chunk"));
}

}  // namespace avocet
