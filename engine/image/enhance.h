// Pillow's ImageEnhance: brightness, contrast, colour and sharpness, and torchvision's hue.
#ifndef AVOCET_ENGINE_IMAGE_ENHANCE_H_
#define AVOCET_ENGINE_IMAGE_ENHANCE_H_

#include "engine/image/image.h"

namespace avocet {

// Factor 1 leaves the picture as it is, 0 takes the property away (black, mean grey, no colour,
// smoothed), above 1 there is more of it. Values equal Pillow's.
void AdjustBrightness(float factor, Image* image);
void AdjustContrast(float factor, Image* image);
void AdjustSaturation(float factor, Image* image);
void AdjustSharpness(float factor, Image* image);

// Turns the hue by `turns`, -0.5 to 0.5, in steps of 1/255, through Pillow's 8-bit HSV as
// torchvision does.
void AdjustHue(double turns, Image* image);

}  // namespace avocet

#endif  // AVOCET_ENGINE_IMAGE_ENHANCE_H_
