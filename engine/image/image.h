// A decoded picture.
#ifndef AVOCET_ENGINE_IMAGE_IMAGE_H_
#define AVOCET_ENGINE_IMAGE_IMAGE_H_

#include <cstdint>
#include <vector>

namespace avocet {

// Pixels [height, width, 3], 8 bits, without gaps between rows. The channels are blue, green, red:
// the order in which the decoder writes them. `Preprocessor` turns them into RGB on the way out,
// where it costs nothing; swapping here would take 3 % of a JPEG's decoding time. Meant to be
// reused: decoding into it keeps the memory it has.
struct Image {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> bgr;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_IMAGE_IMAGE_H_
