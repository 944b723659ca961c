// Pillow's ImageOps that map each value by itself.
#ifndef AVOCET_ENGINE_IMAGE_TONE_H_
#define AVOCET_ENGINE_IMAGE_TONE_H_

#include "engine/image/image.h"

namespace avocet {

// Stretches each channel so that its darkest value becomes 0 and its brightest 255.
void AutoContrast(Image* image);
// Maps each channel so that its values are spread evenly.
void Equalize(Image* image);
void Invert(Image* image);
// Keeps the upper `bits` (0 to 8) of each value.
void Posterize(int bits, Image* image);
// Inverts the values from `threshold` (0 to 256) up.
void Solarize(int threshold, Image* image);
// Adds `addition` to the values below 128 (timm's SolarizeAdd).
void SolarizeAdd(int addition, Image* image);

}  // namespace avocet

#endif  // AVOCET_ENGINE_IMAGE_TONE_H_
