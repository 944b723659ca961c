#include "engine/image/crop_geometry.h"

#include <algorithm>
#include <cmath>

namespace avocet {
namespace {

struct Size {
  std::int64_t width;
  std::int64_t height;
};

// timm's ResizeKeepRatio: scales so that the longer (or the shorter) side, relative to the target,
// fits.
Size KeepRatio(int width, int height, Size target, bool longest) {
  const double ratio_h = height / static_cast<double>(target.height);
  const double ratio_w = width / static_cast<double>(target.width);
  const double ratio = longest ? std::max(ratio_h, ratio_w) : std::min(ratio_h, ratio_w);
  // Python's round() and nearbyint() both round halves to even.
  const auto scaled = [ratio](int side) {
    return std::max<std::int64_t>(1, static_cast<std::int64_t>(std::nearbyint(side / ratio)));
  };
  return {scaled(width), scaled(height)};
}

// torchvision's Resize with one number: the shorter side becomes `side`, the longer is truncated.
Size ResizeShorterSide(int width, int height, std::int64_t side) {
  if (width <= height) return {side, side * height / width};
  return {side * width / height, side};
}

Size ResizedSize(const PreprocessConfig& config, int width, int height) {
  const Size scale = {static_cast<std::int64_t>(ScaledSide(config.width, config.crop_pct)),
                      static_cast<std::int64_t>(ScaledSide(config.height, config.crop_pct))};
  switch (config.crop_mode) {
    case CropMode::kSquash:
      return scale;
    case CropMode::kBorder:
      return KeepRatio(width, height, scale, /*longest=*/true);
    case CropMode::kCenter:
      break;
  }
  if (scale.width != scale.height) return KeepRatio(width, height, scale, /*longest=*/false);
  return ResizeShorterSide(width, height, scale.width);
}

// torchvision's CenterCrop: pads to the crop's size where the picture is smaller, then crops with
// the margin rounded to even.
AxisWindow Center(int input, std::int64_t resized, int crop) {
  if (resized < crop) {
    const int count = static_cast<int>(resized);
    return {input, resized, 0, count, (crop - count) / 2};
  }
  const double margin = std::nearbyint(static_cast<double>(resized - crop) / 2.0);
  return {input, resized, static_cast<std::int64_t>(margin), crop, 0};
}

}  // namespace

double ScaledSide(int side, double crop_pct) { return std::floor(side / crop_pct); }

bool VerticalFirst(std::int64_t width, std::int64_t height, std::int64_t resized_height) {
  return height > width * 100 && resized_height < height;
}

CropGeometry PlaceCrop(const PreprocessConfig& config, int width, int height) {
  const Size resized = ResizedSize(config, width, height);
  CropGeometry geometry;
  geometry.x = Center(width, resized.width, config.width);
  geometry.y = Center(height, resized.height, config.height);
  geometry.vertical_first = VerticalFirst(width, height, resized.height);
  return geometry;
}

}  // namespace avocet
