// Pillow's antialiased resize (Image.resize, 8-bit), of a window of the result only.
#ifndef AVOCET_ENGINE_IMAGE_RESIZE_H_
#define AVOCET_ENGINE_IMAGE_RESIZE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "engine/base/preprocess_config.h"
#include "engine/image/crop_geometry.h"
#include "engine/image/image.h"
#include "engine/image/resize_table.h"

namespace avocet {

// Memory of a resize. After the first picture of a size, further ones of that size allocate nothing
// and compute no tables.
class Resizer {
 public:
  Resizer();

  // Resizes as if the whole picture were resized and then cut: both passes in 22-bit fixed point,
  // with 8-bit pixels between them, each pixel the same as Pillow's. Calls `emit(y, pixels)` for
  // each row of the window from the top, y counting from 0; `pixels`, geometry.x.count of 3 bytes
  // in the image's channel order, are valid during the call.
  void Run(const Image& image, const CropGeometry& geometry, Interpolation interpolation,
           absl::FunctionRef<void(int y, const std::uint8_t* pixels)> emit);

 private:
  using Emit = absl::FunctionRef<void(int y, const std::uint8_t* pixels)>;

  void RunHorizontalFirst(const Image& image, Emit emit);
  void RunVerticalFirst(const Image& image, Emit emit);
  // Resizes input rows [first, first + kHorizontalRows) that lie before `end` into the ring.
  void FillRing(const Image& image, int first, int end);
  // An input row that the horizontal kernel may read beyond its end.
  const std::uint8_t* PaddedRow(const Image& image, int y, std::size_t slot);
  std::uint8_t* RingRow(int y);

  ResizeTable horizontal_;
  ResizeTable vertical_;
  // The last rows that the horizontal pass made, input row y in place y mod ring_rows_. It stays in
  // the cache.
  std::vector<std::uint8_t> ring_;
  int ring_rows_ = 0;
  std::size_t ring_stride_ = 0;
  std::vector<std::uint8_t> padded_;  // copies of the input's last rows, with room after them
  std::vector<std::uint8_t> row_;     // what the last pass made
  std::vector<const std::uint8_t*> taps_;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_IMAGE_RESIZE_H_
