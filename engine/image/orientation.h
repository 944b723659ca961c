// Turns pictures upright.
#ifndef AVOCET_ENGINE_IMAGE_ORIENTATION_H_
#define AVOCET_ENGINE_IMAGE_ORIENTATION_H_

#include "engine/image/image.h"

namespace avocet {

// Applies an EXIF orientation, 1 (nothing to do) to 8. Those above 4 exchange width and height.
void ApplyOrientation(int orientation, Image* image);

}  // namespace avocet

#endif  // AVOCET_ENGINE_IMAGE_ORIENTATION_H_
