// timm's RandAugment.
#ifndef AVOCET_ENGINE_TRAIN_DATA_RAND_AUGMENT_H_
#define AVOCET_ENGINE_TRAIN_DATA_RAND_AUGMENT_H_

#include <array>
#include <cstdint>

#include "engine/image/image.h"
#include "engine/train/data/augment_options.h"
#include "engine/train/data/random.h"

namespace avocet {

// The fifteen operations whose effect grows with the magnitude ("inc1").
enum class RandAugmentOp {
  kAutoContrast,
  kEqualize,
  kInvert,
  kRotate,
  kPosterize,
  kSolarize,
  kSolarizeAdd,
  kColor,
  kContrast,
  kBrightness,
  kSharpness,
  kShearX,
  kShearY,
  kTranslateX,
  kTranslateY
};
inline constexpr std::uint32_t kRandAugmentOps = 15;

// Applies one operation. `magnitude` is 0 to 10; where an operation has two directions `negative`
// says which. `fill` (RGB) is for what comes from outside the picture, `other` for memory.
void ApplyRandAugmentOp(RandAugmentOp op, double magnitude, bool negative,
                        const std::array<std::uint8_t, 3>& fill, Image* image, Image* other);

// Draws and applies options.operations operations, bilinear where they move pixels.
void RandAugment(const RandAugmentOptions& options, const std::array<std::uint8_t, 3>& fill,
                 Random* random, Image* image, Image* other);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_DATA_RAND_AUGMENT_H_
