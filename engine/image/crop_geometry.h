// Which pixels of which resized picture the network sees: timm's arithmetic.
#ifndef AVOCET_ENGINE_IMAGE_CROP_GEOMETRY_H_
#define AVOCET_ENGINE_IMAGE_CROP_GEOMETRY_H_

#include <cstdint>

#include "engine/base/preprocess_config.h"

namespace avocet {

// One axis. The side of `input` pixels is resized to `resized`; of these, `count` pixels from
// `first` on go to the crop, from its pixel `offset` on. What they do not cover of the crop is
// padding.
struct AxisWindow {
  std::int64_t input = 0;
  std::int64_t resized = 0;
  std::int64_t first = 0;
  int count = 0;
  int offset = 0;

  bool operator==(const AxisWindow&) const = default;
};

struct CropGeometry {
  AxisWindow x;
  AxisWindow y;
  // Pillow resizes columns before rows in pictures more than 100 times as high as wide that get
  // lower; rounding between the two passes makes the order visible.
  bool vertical_first = false;
};

// timm's `scale_size` of one side of the network's input: floor(side / crop_pct), as a double since
// it may be anything.
double ScaledSide(int side, double crop_pct);

// Whether Pillow resizes columns before rows: see CropGeometry::vertical_first.
bool VerticalFirst(std::int64_t width, std::int64_t height, std::int64_t resized_height);

// For an image of `width` x `height`, both at least 1. Where timm would resize a side to nothing,
// it gets one pixel.
CropGeometry PlaceCrop(const PreprocessConfig& config, int width, int height);

}  // namespace avocet

#endif  // AVOCET_ENGINE_IMAGE_CROP_GEOMETRY_H_
