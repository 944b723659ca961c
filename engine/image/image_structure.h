// Walks through the containers of the five accepted formats, without decoding pixels. Used by
// image_header.cc and decode.cc.
#ifndef AVOCET_ENGINE_IMAGE_IMAGE_STRUCTURE_H_
#define AVOCET_ENGINE_IMAGE_IMAGE_STRUCTURE_H_

#include <cstddef>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/image/image_header.h"

namespace avocet {

// How far to walk: up to the size of the picture, or to the container's end to see that nothing is
// missing.
enum class Extent { kHeader, kWhole };

struct ImageStructure {
  ImageHeader header;

  // Found only by a walk to the end.
  int orientation = 1;  // EXIF's 1 to 8: how to turn the stored picture to see it upright
  // TIFF only: where the two values lie that make OpenCV change pixels by itself. decode.cc
  // neutralises them in a copy.
  std::optional<std::size_t> tiff_orientation_at;
  std::optional<std::size_t> tiff_alpha_kind_at;
  bool big_endian = false;
};

// Recognises the format and walks with the function below that knows it. INVALID_ARGUMENT when the
// format is not accepted, when the container is broken, and (Extent::kWhole) when the file ends
// before the picture does.
absl::StatusOr<ImageStructure> InspectImage(std::string_view encoded, Extent extent);

absl::StatusOr<ImageStructure> InspectJpeg(std::string_view encoded, Extent extent);
absl::StatusOr<ImageStructure> InspectPng(std::string_view encoded, Extent extent);
absl::StatusOr<ImageStructure> InspectWebp(std::string_view encoded, Extent extent);
absl::StatusOr<ImageStructure> InspectBmp(std::string_view encoded, Extent extent);
absl::StatusOr<ImageStructure> InspectTiff(std::string_view encoded, Extent extent);

}  // namespace avocet

#endif  // AVOCET_ENGINE_IMAGE_IMAGE_STRUCTURE_H_
