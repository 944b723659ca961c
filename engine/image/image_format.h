// Tells file formats apart by their first bytes.
#ifndef AVOCET_ENGINE_IMAGE_IMAGE_FORMAT_H_
#define AVOCET_ENGINE_IMAGE_IMAGE_FORMAT_H_

#include <optional>
#include <string>
#include <string_view>

#include "engine/image/image_header.h"

namespace avocet {

// The accepted format with this signature, if any.
std::optional<ImageFormat> SniffImageFormat(std::string_view encoded);

// For an error message: what bytes that are not an accepted image look like, for example "a GIF
// image" or "text".
std::string DescribeUnacceptedBytes(std::string_view encoded);

}  // namespace avocet

#endif  // AVOCET_ENGINE_IMAGE_IMAGE_FORMAT_H_
