#include "tests/train/data/data_fixtures.h"

#include <cstddef>

#include "absl/strings/str_cat.h"
#include "engine/image/encode.h"
#include "engine/train/data/random.h"

namespace avocet {

Image NoisyImage(int width, int height, std::uint32_t seed) {
  Random random(seed, RandomPurpose::kSplit, 0, 0);
  Image image{width, height, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) {
        const auto noise = static_cast<int>(random.Below(64));
        image.bgr.push_back(static_cast<std::uint8_t>((x * (c + 1) + y * 3 + noise) & 255));
      }
    }
  }
  return image;
}

std::string PngBytes(const Image& image) { return EncodePng(image).value(); }

Dataset WriteNoisyDataset(const TemporaryFolder& folder, int count, int classes) {
  Dataset dataset;
  for (int c = 0; c < classes; ++c) dataset.class_names.push_back(absl::StrCat("class", c));
  for (int i = 0; i < count; ++i) {
    const Image image = NoisyImage(20 + i % 5, 17 + i % 7, static_cast<std::uint32_t>(i));
    const std::string path = folder.Write(absl::StrCat(i, ".png"), PngBytes(image));
    dataset.samples.push_back({path, /*index=*/-1, i % classes});
  }
  return dataset;
}

}  // namespace avocet
