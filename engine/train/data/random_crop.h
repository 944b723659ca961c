// Which part of a picture a random resized crop takes.
#ifndef AVOCET_ENGINE_TRAIN_DATA_RANDOM_CROP_H_
#define AVOCET_ENGINE_TRAIN_DATA_RANDOM_CROP_H_

#include "engine/image/box_resize.h"
#include "engine/train/data/augment_options.h"
#include "engine/train/data/random.h"

namespace avocet {

// torchvision's RandomResizedCrop: ten attempts at an area uniform in [scale_min, scale_max] of the
// picture and a ratio uniform in its logarithm; then the largest centred box whose ratio is within
// [ratio_min, ratio_max].
PixelBox DrawCrop(const AugmentOptions& options, int width, int height, Random* random);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_DATA_RANDOM_CROP_H_
