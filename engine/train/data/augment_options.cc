#include "engine/train/data/augment_options.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace avocet {
namespace {

absl::Status Expect(bool right, const std::string& option, const std::string& expected,
                    double found) {
  if (right) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(option, ": expected ", expected, ", found ", found));
}

absl::Status CheckWithin(const std::string& option, double value, double low, double high) {
  return Expect(value >= low && value <= high, option,
                absl::StrCat("a number from ", low, " to ", high), value);
}

// 0 < low <= high <= limit.
absl::Status CheckRange(const std::string& option, double low, double high, double limit) {
  RETURN_IF_ERROR(Expect(low > 0 && low <= limit, absl::StrCat(option, ", lower end"),
                         absl::StrCat("a number above 0 and at most ", limit), low));
  return Expect(high >= low && high <= limit, absl::StrCat(option, ", upper end"),
                absl::StrCat("a number from ", low, " to ", limit), high);
}

absl::Status CheckColors(const AugmentOptions& options) {
  const ColorJitterOptions& jitter = options.color_jitter;
  RETURN_IF_ERROR(CheckWithin("probability of colour jitter", jitter.probability, 0, 1));
  RETURN_IF_ERROR(CheckWithin("brightness jitter", jitter.brightness, 0, 1));
  RETURN_IF_ERROR(CheckWithin("contrast jitter", jitter.contrast, 0, 1));
  RETURN_IF_ERROR(CheckWithin("saturation jitter", jitter.saturation, 0, 1));
  RETURN_IF_ERROR(CheckWithin("hue jitter", jitter.hue, 0, 0.5));
  RETURN_IF_ERROR(CheckWithin("RandAugment operations", options.rand_augment.operations, 0, 15));
  RETURN_IF_ERROR(CheckWithin("RandAugment magnitude", options.rand_augment.magnitude, 0, 10));
  return CheckWithin("RandAugment magnitude std", options.rand_augment.magnitude_std, 0, 10);
}

absl::Status CheckErasing(const RandomErasingOptions& erasing) {
  RETURN_IF_ERROR(CheckWithin("probability of random erasing", erasing.probability, 0, 1));
  RETURN_IF_ERROR(CheckRange("area of random erasing", erasing.area_min, erasing.area_max, 1));
  return CheckRange("aspect of random erasing", erasing.aspect_min, 1, 1);
}

absl::Status CheckMix(const MixOptions& mix) {
  constexpr double kMaxAlpha = 100;  // beyond, lambda is a half to two digits
  RETURN_IF_ERROR(CheckWithin("mixup alpha", mix.mixup_alpha, 0, kMaxAlpha));
  RETURN_IF_ERROR(CheckWithin("cutmix alpha", mix.cutmix_alpha, 0, kMaxAlpha));
  RETURN_IF_ERROR(CheckWithin("probability of mixing", mix.probability, 0, 1));
  return CheckWithin("probability of cutmix", mix.switch_probability, 0, 1);
}

absl::Status CheckAffine(const AffineOptions& affine) {
  RETURN_IF_ERROR(CheckWithin("affine degrees", affine.degrees, 0, 180));
  RETURN_IF_ERROR(CheckWithin("affine translation", affine.translate, 0, 1));
  RETURN_IF_ERROR(CheckRange("affine scale", affine.scale_min, affine.scale_max, 100));
  // A shear of 90 degrees has no inverse.
  return CheckWithin("affine shear", affine.shear, 0, 80);
}

}  // namespace

absl::Status CheckAugmentOptions(const AugmentOptions& options) {
  RETURN_IF_ERROR(CheckRange("crop scale", options.scale_min, options.scale_max, 1));
  RETURN_IF_ERROR(CheckRange("crop ratio", options.ratio_min, options.ratio_max, 100));
  RETURN_IF_ERROR(CheckWithin("probability of horizontal flip", options.horizontal_flip, 0, 1));
  RETURN_IF_ERROR(CheckWithin("probability of vertical flip", options.vertical_flip, 0, 1));
  RETURN_IF_ERROR(CheckColors(options));
  RETURN_IF_ERROR(CheckAffine(options.affine));
  RETURN_IF_ERROR(CheckErasing(options.random_erasing));
  return CheckMix(options.mix);
}

}  // namespace avocet
