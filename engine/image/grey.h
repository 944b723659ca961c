// Pictures without colour.
#ifndef AVOCET_ENGINE_IMAGE_GREY_H_
#define AVOCET_ENGINE_IMAGE_GREY_H_

#include <cstdint>

#include "engine/image/image.h"

namespace avocet {

// Pillow's `convert("L")`: Rec. 601 luma in 16-bit fixed point, rounded to the nearest.
inline std::uint8_t Luma(std::uint8_t r, std::uint8_t g, std::uint8_t b) {
  return static_cast<std::uint8_t>((r * 19595u + g * 38470u + b * 7471u + 0x8000u) >> 16);
}

// Puts each pixel's luma into all three channels.
void ToGrey(Image* image);

}  // namespace avocet

#endif  // AVOCET_ENGINE_IMAGE_GREY_H_
