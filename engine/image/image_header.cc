#include "engine/image/image_header.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/image/image_format.h"
#include "engine/image/image_structure.h"

namespace avocet {
namespace {

absl::StatusOr<ImageStructure> InspectAs(ImageFormat format, std::string_view encoded,
                                         Extent extent) {
  switch (format) {
    case ImageFormat::kJpeg:
      return InspectJpeg(encoded, extent);
    case ImageFormat::kPng:
      return InspectPng(encoded, extent);
    case ImageFormat::kWebp:
      return InspectWebp(encoded, extent);
    case ImageFormat::kBmp:
      return InspectBmp(encoded, extent);
    case ImageFormat::kTiff:
      return InspectTiff(encoded, extent);
  }
  return absl::InternalError("unknown image format");
}

}  // namespace

absl::StatusOr<ImageStructure> InspectImage(std::string_view encoded, Extent extent) {
  const std::optional<ImageFormat> format = SniffImageFormat(encoded);
  if (!format) {
    return absl::InvalidArgumentError(absl::StrCat(
        "expected a JPEG, PNG, WebP, BMP or TIFF image, found ", DescribeUnacceptedBytes(encoded)));
  }
  ASSIGN_OR_RETURN(ImageStructure structure, InspectAs(*format, encoded, extent));
  structure.header.format = *format;
  if (structure.header.width < 1 || structure.header.height < 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        std::string(ImageFormatName(*format)), " header: expected at least one pixel, found ",
        structure.header.width, " x ", structure.header.height));
  }
  return structure;
}

absl::StatusOr<ImageHeader> ReadImageHeader(std::string_view encoded) {
  ASSIGN_OR_RETURN(const ImageStructure structure, InspectImage(encoded, Extent::kHeader));
  return structure.header;
}

}  // namespace avocet
