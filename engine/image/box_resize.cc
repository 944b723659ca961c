#include "engine/image/box_resize.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "engine/base/check.h"
#include "engine/image/crop_geometry.h"

namespace avocet {
namespace {

std::size_t RowBytes(int width) { return 3 * static_cast<std::size_t>(width); }

void Cut(const Image& image, const PixelBox& box, Image* cut) {
  cut->width = box.width;
  cut->height = box.height;
  cut->bgr.resize(RowBytes(box.width) * static_cast<std::size_t>(box.height));
  std::uint8_t* out = cut->bgr.data();
  for (int y = box.y; y < box.y + box.height; ++y, out += RowBytes(box.width)) {
    const std::uint8_t* row =
        image.bgr.data() + static_cast<std::size_t>(y) * RowBytes(image.width) + RowBytes(box.x);
    std::copy_n(row, RowBytes(box.width), out);
  }
}

}  // namespace

void BoxResizer::Run(const Image& image, const PixelBox& box, int width, int height,
                     Interpolation interpolation, Image* resized) {
  AVOCET_CHECK(box.x >= 0 && box.y >= 0 && box.width >= 1 && box.height >= 1);
  AVOCET_CHECK(box.x + box.width <= image.width && box.y + box.height <= image.height);
  AVOCET_CHECK(width >= 1 && height >= 1 && &image != resized);
  const Image* source = &image;
  if (box != PixelBox{0, 0, image.width, image.height}) {
    Cut(image, box, &cut_);
    source = &cut_;
  }
  CropGeometry geometry;
  geometry.x = {box.width, width, /*first=*/0, width, /*offset=*/0};
  geometry.y = {box.height, height, /*first=*/0, height, /*offset=*/0};
  geometry.vertical_first = VerticalFirst(box.width, box.height, height);
  resized->width = width;
  resized->height = height;
  resized->bgr.resize(RowBytes(width) * static_cast<std::size_t>(height));
  resizer_.Run(*source, geometry, interpolation, [&](int y, const std::uint8_t* pixels) {
    std::copy_n(pixels, RowBytes(width),
                resized->bgr.data() + static_cast<std::size_t>(y) * RowBytes(width));
  });
}

}  // namespace avocet
