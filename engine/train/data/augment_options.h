// What happens to a picture before it is trained on. Defaults are a light augmentation.
#ifndef AVOCET_ENGINE_TRAIN_DATA_AUGMENT_OPTIONS_H_
#define AVOCET_ENGINE_TRAIN_DATA_AUGMENT_OPTIONS_H_

#include <array>
#include <cstdint>
#include <optional>

#include "absl/status/status.h"

namespace avocet {

// How the network's input is cut from the picture: kRandomResized as torchvision's
// RandomResizedCrop, kEvaluation as for evaluation (timm's transform of the PreprocessConfig).
enum class TrainCrop { kRandomResized, kEvaluation };

// The filter of a random crop; kRandom draws bilinear or bicubic for each picture, as timm does,
// kNetwork is that of the PreprocessConfig.
enum class CropFilter { kNetwork, kBilinear, kBicubic, kRandom };

// As torchvision's ColorJitter: factors uniform in [1 - x, 1 + x] (hue: a shift uniform in [-x, x]
// of a turn), in random order.
struct ColorJitterOptions {
  double probability = 1;
  double brightness = 0;
  double contrast = 0;
  double saturation = 0;
  double hue = 0;  // at most 0.5

  bool operator==(const ColorJitterOptions&) const = default;
};

// As torchvision's RandomAffine, bilinear, about the centre.
struct AffineOptions {
  double degrees = 0;    // rotation uniform in [-degrees, degrees]
  double translate = 0;  // share of each side, uniform in [-translate, translate], whole pixels
  double scale_min = 1;
  double scale_max = 1;
  double shear = 0;  // degrees along x, uniform in [-shear, shear]

  bool operator==(const AffineOptions&) const = default;
};

// timm's `rand-mM-nN-mstdS-inc1`: `operations` draws from its fifteen operations whose effect grows
// with the magnitude, each applied with probability 0.5.
struct RandAugmentOptions {
  int operations = 0;          // 0: off; timm's usual value is 2
  double magnitude = 9;        // 0 to 10
  double magnitude_std = 0.5;  // normal noise of the magnitude

  bool operator==(const RandAugmentOptions&) const = default;
};

// timm's RandomErasing, after normalisation.
struct RandomErasingOptions {
  enum class Fill { kConst, kPixel };  // zeros; independent normal noise a value

  double probability = 0;
  double area_min = 0.02;  // share of the picture
  double area_max = 1.0 / 3;
  double aspect_min = 0.3;  // to 1 / aspect_min
  Fill fill = Fill::kPixel;

  bool operator==(const RandomErasingOptions&) const = default;
};

// Of whole batches; row 2i is mixed with row 2i + 1, so that pairs stay within a rank.
struct MixOptions {
  double mixup_alpha = 0;           // of Beta(alpha, alpha); 0: off
  double cutmix_alpha = 0;          // likewise
  double probability = 1;           // that a batch is mixed at all
  double switch_probability = 0.5;  // of cutmix, where both are on

  bool enabled() const { return mixup_alpha > 0 || cutmix_alpha > 0; }

  bool operator==(const MixOptions&) const = default;
};

struct AugmentOptions {
  TrainCrop crop = TrainCrop::kRandomResized;
  double scale_min = 0.08;  // of the crop's area to the picture's
  double scale_max = 1;
  double ratio_min = 3.0 / 4;  // of the crop's width to its height
  double ratio_max = 4.0 / 3;
  CropFilter filter = CropFilter::kRandom;
  double horizontal_flip = 0.5;  // probability
  double vertical_flip = 0;
  ColorJitterOptions color_jitter;
  AffineOptions affine;
  RandAugmentOptions rand_augment;
  RandomErasingOptions random_erasing;
  MixOptions mix;
  // RGB of what lies outside the picture after a rotation or shift. None: the network's mean
  // colour.
  std::optional<std::array<std::uint8_t, 3>> fill;

  bool operator==(const AugmentOptions&) const = default;
};

// INVALID_ARGUMENT, naming the option, for a value outside its range.
absl::Status CheckAugmentOptions(const AugmentOptions& options);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_DATA_AUGMENT_OPTIONS_H_
