#include "engine/train/data/pixel_augment.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

#include "engine/image/affine.h"
#include "engine/image/enhance.h"

namespace avocet {
namespace {

constexpr int kEraseAttempts = 10;  // timm's

float Factor(double strength, Random* random) {
  return static_cast<float>(random->Uniform(std::max(0.0, 1 - strength), 1 + strength));
}

}  // namespace

void JitterColors(const ColorJitterOptions& options, Random* random, Image* image) {
  enum class Kind { kBrightness, kContrast, kSaturation, kHue };
  std::vector<std::pair<Kind, double>> active;
  for (const auto& [kind, strength] :
       {std::pair(Kind::kBrightness, options.brightness),
        std::pair(Kind::kContrast, options.contrast),
        std::pair(Kind::kSaturation, options.saturation), std::pair(Kind::kHue, options.hue)}) {
    if (strength > 0) active.emplace_back(kind, strength);
  }
  if (active.empty() || !random->Chance(options.probability)) return;
  Shuffle(random, &active);
  for (const auto& [kind, strength] : active) {
    switch (kind) {
      case Kind::kBrightness:
        AdjustBrightness(Factor(strength, random), image);
        break;
      case Kind::kContrast:
        AdjustContrast(Factor(strength, random), image);
        break;
      case Kind::kSaturation:
        AdjustSaturation(Factor(strength, random), image);
        break;
      case Kind::kHue:
        AdjustHue(random->Uniform(-strength, strength), image);
        break;
    }
  }
}

void MoveRandomly(const AffineOptions& options, const std::array<std::uint8_t, 3>& fill,
                  Random* random, Image* image, Image* other) {
  if (options.degrees == 0 && options.translate == 0 && options.shear == 0 &&
      options.scale_min == 1 && options.scale_max == 1) {
    return;
  }
  const auto shift = [&](int side) {
    const double most = options.translate * side;
    return std::nearbyint(random->Uniform(-most, most));
  };
  AffineMotion motion;
  motion.degrees = random->Uniform(-options.degrees, options.degrees);
  motion.translate_x = shift(image->width);
  motion.translate_y = shift(image->height);
  motion.scale = random->Uniform(options.scale_min, options.scale_max);
  motion.shear = random->Uniform(-options.shear, options.shear);
  ApplyAffine(*image, InverseMatrix(motion, image->width, image->height), fill, other);
  std::swap(*image, *other);
}

void EraseRandomly(const RandomErasingOptions& options, int height, int width, Random* random,
                   std::span<float> picture) {
  if (options.probability == 0 || !random->Chance(options.probability)) return;
  const std::size_t row = picture.size() / static_cast<std::size_t>(height);
  const std::size_t channels = row / static_cast<std::size_t>(width);
  const double log_aspect = std::log(options.aspect_min);
  for (int attempt = 0; attempt < kEraseAttempts; ++attempt) {
    const double area =
        random->Uniform(options.area_min, options.area_max) * height * static_cast<double>(width);
    const double aspect = std::exp(random->Uniform(log_aspect, -log_aspect));
    const int h = static_cast<int>(std::nearbyint(std::sqrt(area * aspect)));
    const int w = static_cast<int>(std::nearbyint(std::sqrt(area / aspect)));
    if (h < 1 || w < 1 || h >= height || w >= width) continue;
    const std::size_t top = random->Below(static_cast<std::uint32_t>(height - h + 1));
    const std::size_t left = random->Below(static_cast<std::uint32_t>(width - w + 1));
    for (std::size_t y = top; y < top + static_cast<std::size_t>(h); ++y) {
      for (float& value :
           picture.subspan(y * row + left * channels, static_cast<std::size_t>(w) * channels)) {
        value = options.fill == RandomErasingOptions::Fill::kConst
                    ? 0.0f
                    : static_cast<float>(random->Normal());
      }
    }
    return;
  }
}

}  // namespace avocet
