// Mirror images.
#ifndef AVOCET_ENGINE_IMAGE_FLIP_H_
#define AVOCET_ENGINE_IMAGE_FLIP_H_

#include "engine/image/image.h"

namespace avocet {

// Exchanges left and right.
void FlipHorizontal(Image* image);

// Exchanges top and bottom.
void FlipVertical(Image* image);

}  // namespace avocet

#endif  // AVOCET_ENGINE_IMAGE_FLIP_H_
