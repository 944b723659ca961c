#include "engine/train/data/random_crop.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace avocet {
namespace {

constexpr int kAttempts = 10;  // torchvision's

// An offset that leaves `size` pixels within `side`.
int DrawOffset(int side, int size, Random* random) {
  return static_cast<int>(random->Below(static_cast<std::uint32_t>(side - size + 1)));
}

int Rounded(double value) { return std::max(1, static_cast<int>(std::nearbyint(value))); }

PixelBox LargestCentered(const AugmentOptions& options, int width, int height) {
  const double ratio = static_cast<double>(width) / height;
  PixelBox box = {0, 0, width, height};
  if (ratio < options.ratio_min) {
    box.height = std::min(height, Rounded(width / options.ratio_min));
  } else if (ratio > options.ratio_max) {
    box.width = std::min(width, Rounded(height * options.ratio_max));
  }
  box.x = (width - box.width) / 2;
  box.y = (height - box.height) / 2;
  return box;
}

}  // namespace

PixelBox DrawCrop(const AugmentOptions& options, int width, int height, Random* random) {
  const double area = static_cast<double>(width) * height;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const double target = area * random->Uniform(options.scale_min, options.scale_max);
    const double ratio =
        std::exp(random->Uniform(std::log(options.ratio_min), std::log(options.ratio_max)));
    const double w = std::nearbyint(std::sqrt(target * ratio));
    const double h = std::nearbyint(std::sqrt(target / ratio));
    if (w < 1 || h < 1 || w > width || h > height) continue;
    PixelBox box = {0, 0, static_cast<int>(w), static_cast<int>(h)};
    box.y = DrawOffset(height, box.height, random);
    box.x = DrawOffset(width, box.width, random);
    return box;
  }
  return LargestCentered(options, width, height);
}

}  // namespace avocet
