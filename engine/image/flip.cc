#include "engine/image/flip.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace avocet {

void FlipHorizontal(Image* image) {
  const auto row_size = 3 * static_cast<std::size_t>(image->width);
  for (int y = 0; y < image->height; ++y) {
    std::uint8_t* left = image->bgr.data() + static_cast<std::size_t>(y) * row_size;
    std::uint8_t* right = left + row_size - 3;
    for (; left < right; left += 3, right -= 3) std::swap_ranges(left, left + 3, right);
  }
}

void FlipVertical(Image* image) {
  const auto row_size = 3 * static_cast<std::ptrdiff_t>(image->width);
  auto top = image->bgr.begin();
  auto bottom = image->bgr.end() - row_size;
  for (; top < bottom; top += row_size, bottom -= row_size) {
    std::swap_ranges(top, top + row_size, bottom);
  }
}

}  // namespace avocet
