// Everything between a decoded picture and a network's input.
#ifndef AVOCET_ENGINE_IMAGE_PREPROCESSOR_H_
#define AVOCET_ENGINE_IMAGE_PREPROCESSOR_H_

#include <array>
#include <cstdint>
#include <span>

#include "absl/status/statusor.h"
#include "engine/base/preprocess_config.h"
#include "engine/image/image.h"
#include "engine/image/resize.h"

namespace avocet {

// timm's evaluation transform, bit for bit: resize as Pillow does, centre crop as torchvision does,
// normalise in float32. Only the crop's rows and columns are computed. Immutable and thread-safe;
// each caller brings its own scratch.
class Preprocessor {
 public:
  // Memory and tables that calls reuse, of one caller at a time, with any Preprocessor. A call for
  // a picture of the same size as the call before allocates nothing.
  class Scratch {
   private:
    friend class Preprocessor;
    Resizer resizer_;
    Image grey_;
  };

  // INVALID_ARGUMENT when the configuration makes no sense: channels other than 1 and 3, sides
  // outside 1 to 4096, crop_pct that is not a number above 0 or resizes to no pixels or beyond
  // 65535, mean that is not in [0, 1], std that is not a number above 0.
  static absl::StatusOr<Preprocessor> Create(const PreprocessConfig& config);

  // The picture after resize and crop: [config.height, config.width, 3], RGB. `dst` has exactly
  // that many elements, `image` at least one pixel.
  void CropRgb(const Image& image, Scratch* scratch, std::span<std::uint8_t> dst) const;

  // The same, normalised: (value / 255 - mean) / std with each operation rounded to float32, as
  // torchvision computes it; [config.height, config.width, config.channels]. For one channel the
  // picture becomes grey before it is resized, as timm's loaders do it for `input_img_mode` "L".
  void Run(const Image& image, Scratch* scratch, std::span<float> dst) const;

  const PreprocessConfig& config() const { return config_; }

 private:
  explicit Preprocessor(const PreprocessConfig& config);

  // Writes each pixel of the crop through `tables`, one for each of R, G, B, or for R alone.
  template <int kChannels, typename T>
  void Crop(const Image& image, Scratch* scratch, const std::array<std::array<T, 256>, 3>& tables,
            std::span<T> dst) const;

  PreprocessConfig config_;
  std::array<std::uint8_t, 3> padding_ = {
      0, 0, 0};  // RGB where the crop is larger than the resized picture
  std::array<std::array<std::uint8_t, 256>, 3> bytes_;  // [channel, value], the value itself
  std::array<std::array<float, 256>, 3> normalised_;    // [channel, value]
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_IMAGE_PREPROCESSOR_H_
