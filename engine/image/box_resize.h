// Cuts a box out of a picture and resizes it.
#ifndef AVOCET_ENGINE_IMAGE_BOX_RESIZE_H_
#define AVOCET_ENGINE_IMAGE_BOX_RESIZE_H_

#include "engine/base/preprocess_config.h"
#include "engine/image/image.h"
#include "engine/image/resize.h"

namespace avocet {

// Pixels [x, x + width) of rows [y, y + height).
struct PixelBox {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;

  bool operator==(const PixelBox&) const = default;
};

// As torchvision's `resized_crop`: Pillow's crop, then its resize, which therefore sees nothing
// beyond the box. Holds memory that calls reuse; for one caller at a time.
class BoxResizer {
 public:
  // `box` lies within `image` and has at least one pixel. `resized` gets `width` x `height`, both
  // at least 1; it is another picture than `image`.
  void Run(const Image& image, const PixelBox& box, int width, int height,
           Interpolation interpolation, Image* resized);

 private:
  Resizer resizer_;
  Image cut_;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_IMAGE_BOX_RESIZE_H_
