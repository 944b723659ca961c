// From the bytes of a file to pixels.
#ifndef AVOCET_ENGINE_IMAGE_DECODE_H_
#define AVOCET_ENGINE_IMAGE_DECODE_H_

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "engine/image/image.h"

namespace avocet {

struct DecodeOptions {
  std::int64_t max_pixels = 64'000'000;  // width x height
  // Of width and height; JPEG's own limit. It keeps the tables of a resize small, whatever the
  // other side is.
  std::int64_t max_side = 65'535;
  bool apply_exif_orientation = true;  // false is what timm's own data pipeline does
};

// Decodes a JPEG, PNG, WebP, BMP or TIFF image, recognised by content, into `image`, whose memory
// is reused. On an error the content of `image` is unspecified.
//
// INVALID_ARGUMENT for everything wrong with the bytes: not an accepted format (animated WebP and
// BigTIFF are not), a size beyond `options` (seen in the header, before pixels are allocated), a
// file that ends early, data that the decoder rejects.
//
// What becomes of pixels that are not 8-bit RGB (as with Pillow's `convert("RGB")`, where nothing
// else is said):
// - grey, bilevel: the value in all three channels.
// - palette: its colours.
// - alpha: dropped. The colours stay as stored, nothing is composited.
// - 16 bits: the upper byte. Pillow clips 16-bit grey at 255 instead, which leaves a white picture.
// - CMYK, YCCK: c * k / 255 for each channel, within 2 of Pillow's value; Adobe's inverted JPEG is
//   understood.
// - colour profiles and gamma: ignored.
// - several pages or pictures in a file: the first.
//
// EXIF orientation is read from JPEG (APP1), PNG (eXIf), WebP (EXIF) and TIFF (tag 274).
//
// Decoding a picture that has to be turned by 90 degrees, and a TIFF with orientation or separate
// alpha, allocates; otherwise only OpenCV's decoder does. Runs on the calling thread alone and is
// thread-safe. For damaged data libjpeg, libpng and some versions of OpenCV print a line to stderr,
// which OpenCV gives no way to prevent.
absl::Status Decode(std::string_view encoded, const DecodeOptions& options, Image* image);

}  // namespace avocet

#endif  // AVOCET_ENGINE_IMAGE_DECODE_H_
