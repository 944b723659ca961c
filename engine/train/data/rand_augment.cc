#include "engine/train/data/rand_augment.h"

#include <algorithm>
#include <utility>

#include "engine/image/affine.h"
#include "engine/image/enhance.h"
#include "engine/image/tone.h"

namespace avocet {
namespace {

// timm's constants: what the full magnitude of 10 does.
constexpr double kMaxMagnitude = 10;
constexpr double kProbability = 0.5;  // that a drawn operation is applied
constexpr double kDegrees = 30;
constexpr double kShear = 0.3;
constexpr double kTranslate = 0.45;  // of the side
constexpr double kEnhance = 0.9;
constexpr double kMinEnhance = 0.1;

}  // namespace

void ApplyRandAugmentOp(RandAugmentOp op, double magnitude, bool negative,
                        const std::array<std::uint8_t, 3>& fill, Image* image, Image* other) {
  const double level = magnitude / kMaxMagnitude;
  const double signed_level = negative ? -level : level;
  const auto factor = static_cast<float>(std::max(kMinEnhance, 1 + kEnhance * signed_level));
  const auto move = [&](const AffineMatrix& matrix) {
    ApplyAffine(*image, matrix, fill, other);
    std::swap(*image, *other);
  };
  switch (op) {
    case RandAugmentOp::kAutoContrast:
      return AutoContrast(image);
    case RandAugmentOp::kEqualize:
      return Equalize(image);
    case RandAugmentOp::kInvert:
      return Invert(image);
    case RandAugmentOp::kRotate: {
      AffineMotion motion;
      motion.degrees = -kDegrees * signed_level;  // Pillow rotates counter-clockwise
      return move(InverseMatrix(motion, image->width, image->height));
    }
    case RandAugmentOp::kPosterize:
      return Posterize(4 - static_cast<int>(level * 4), image);
    case RandAugmentOp::kSolarize:
      return Solarize(256 - std::min(256, static_cast<int>(level * 256)), image);
    case RandAugmentOp::kSolarizeAdd:
      return SolarizeAdd(std::min(128, static_cast<int>(level * 110)), image);
    case RandAugmentOp::kColor:
      return AdjustSaturation(factor, image);
    case RandAugmentOp::kContrast:
      return AdjustContrast(factor, image);
    case RandAugmentOp::kBrightness:
      return AdjustBrightness(factor, image);
    case RandAugmentOp::kSharpness:
      return AdjustSharpness(factor, image);
    case RandAugmentOp::kShearX:
      return move({1, kShear * signed_level, 0, 0, 1, 0});
    case RandAugmentOp::kShearY:
      return move({1, 0, 0, kShear * signed_level, 1, 0});
    case RandAugmentOp::kTranslateX:
      return move({1, 0, kTranslate * signed_level * image->width, 0, 1, 0});
    case RandAugmentOp::kTranslateY:
      return move({1, 0, 0, 0, 1, kTranslate * signed_level * image->height});
  }
}

void RandAugment(const RandAugmentOptions& options, const std::array<std::uint8_t, 3>& fill,
                 Random* random, Image* image, Image* other) {
  for (int i = 0; i < options.operations; ++i) {
    const auto op = static_cast<RandAugmentOp>(random->Below(kRandAugmentOps));
    const bool applied = random->Chance(kProbability);
    const double noise = options.magnitude_std * random->Normal();
    const bool negative = random->Chance(0.5);
    if (!applied) continue;
    const double magnitude = std::clamp(options.magnitude + noise, 0.0, kMaxMagnitude);
    ApplyRandAugmentOp(op, magnitude, negative, fill, image, other);
  }
}

}  // namespace avocet
