#include "engine/image/grey.h"

#include <cstddef>

namespace avocet {

void ToGrey(Image* image) {
  for (std::size_t i = 0; i + 2 < image->bgr.size(); i += 3) {
    std::uint8_t* bgr = image->bgr.data() + i;
    bgr[0] = bgr[1] = bgr[2] = Luma(bgr[2], bgr[1], bgr[0]);
  }
}

}  // namespace avocet
