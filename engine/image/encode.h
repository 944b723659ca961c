// From pixels to the bytes of a file.
#ifndef AVOCET_ENGINE_IMAGE_ENCODE_H_
#define AVOCET_ENGINE_IMAGE_ENCODE_H_

#include <string>

#include "absl/status/statusor.h"
#include "engine/image/image.h"

namespace avocet {

// Lossless. INVALID_ARGUMENT for an image without pixels; INTERNAL when the encoder refuses it.
absl::StatusOr<std::string> EncodePng(const Image& image);

// `quality`: libjpeg's, 1 to 100. Errors as above, sides beyond JPEG's 65535 among them.
absl::StatusOr<std::string> EncodeJpeg(const Image& image, int quality);

// The image, shrunk with averaging so that neither side is longer than `side` (1 or more); never
// enlarged, no side below one pixel.
Image Thumbnail(const Image& image, int side);

}  // namespace avocet

#endif  // AVOCET_ENGINE_IMAGE_ENCODE_H_
