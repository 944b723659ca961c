// How a network wants its images: timm's `pretrained_cfg` in C++.
#ifndef AVOCET_ENGINE_BASE_PREPROCESS_CONFIG_H_
#define AVOCET_ENGINE_BASE_PREPROCESS_CONFIG_H_

#include <array>

namespace avocet {

// Filters of Pillow's `Image.resize`.
enum class Interpolation { kBilinear, kBicubic, kLanczos };

// timm's `crop_mode`: kCenter resizes the shorter side and crops; kSquash resizes both sides, then
// crops; kBorder resizes the longer side and pads with the mean colour.
enum class CropMode { kCenter, kSquash, kBorder };

// Everything between decoded RGB pixels and the network's input. Defaults are timm's.
struct PreprocessConfig {
  int channels = 3;  // of the network's input: 3 (RGB), or 1 (Rec. 601 luma of the picture)
  int height = 224;  // of the network's input, pixels
  int width = 224;
  Interpolation interpolation = Interpolation::kBicubic;
  double crop_pct = 0.875;  // share of the resized image's side that the crop keeps
  CropMode crop_mode = CropMode::kCenter;
  std::array<float, 3> mean = {0.485f, 0.456f, 0.406f};  // RGB, of values in [0, 1]
  std::array<float, 3> std = {0.229f, 0.224f, 0.225f};

  bool operator==(const PreprocessConfig&) const = default;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_BASE_PREPROCESS_CONFIG_H_
