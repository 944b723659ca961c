#include "engine/image/preprocessor.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status.h"
#include "engine/image/crop_geometry.h"
#include "engine/image/grey.h"

namespace avocet {
namespace {

constexpr int kMaxSide = 4096;  // of a network's input; the largest published ones take about 800
constexpr double kMaxScaledSide = 65535;  // of the picture before the crop, as decode.h's limit

absl::Status CheckSide(const char* name, int side, double crop_pct) {
  if (side < 1 || side > kMaxSide) {
    return absl::InvalidArgumentError(
        absl::StrCat("input ", name, ": expected 1 to ", kMaxSide, ", found ", side));
  }
  const double scaled = ScaledSide(side, crop_pct);
  if (!(scaled >= 1 && scaled <= kMaxScaledSide)) {
    return absl::InvalidArgumentError(absl::StrCat("crop_pct: expected ", name,
                                                   " / crop_pct within 1 to ", kMaxScaledSide,
                                                   ", found ", side, " / ", crop_pct));
  }
  return absl::OkStatus();
}

absl::Status Check(const PreprocessConfig& config) {
  if (config.channels != 1 && config.channels != 3) {
    return absl::InvalidArgumentError(
        absl::StrCat("input: expected 1 or 3 channels, found ", config.channels));
  }
  if (!(std::isfinite(config.crop_pct) && config.crop_pct > 0)) {
    return absl::InvalidArgumentError(
        absl::StrCat("crop_pct: expected a number above 0, found ", config.crop_pct));
  }
  RETURN_IF_ERROR(CheckSide("height", config.height, config.crop_pct));
  RETURN_IF_ERROR(CheckSide("width", config.width, config.crop_pct));
  for (std::size_t c = 0; c < 3; ++c) {
    if (!(config.mean[c] >= 0 && config.mean[c] <= 1)) {
      return absl::InvalidArgumentError(
          absl::StrCat("mean[", c, "]: expected a number from 0 to 1, found ", config.mean[c]));
    }
    if (!(std::isfinite(config.std[c]) && config.std[c] > 0)) {
      return absl::InvalidArgumentError(
          absl::StrCat("std[", c, "]: expected a number above 0, found ", config.std[c]));
    }
  }
  return absl::OkStatus();
}

// The number that a configuration file had: 0.3f is 0.3, not 0.300000012.
double AsWritten(float value) {
  std::array<char, 32> text;
  const auto [end, error] = std::to_chars(text.begin(), text.end(), value);
  AVOCET_CHECK(error == std::errc());
  double number = 0.0;
  std::from_chars(text.begin(), end, number);
  return number;
}

// timm's round(255 * mean) of the border; halves go to even, as Python rounds.
std::uint8_t BorderColor(float mean) {
  return static_cast<std::uint8_t>(std::nearbyint(255.0 * AsWritten(mean)));
}

}  // namespace

absl::StatusOr<Preprocessor> Preprocessor::Create(const PreprocessConfig& config) {
  RETURN_IF_ERROR(Check(config));
  return Preprocessor(config);
}

Preprocessor::Preprocessor(const PreprocessConfig& config) : config_(config) {
  for (std::size_t c = 0; c < 3; ++c) {
    for (std::size_t value = 0; value < 256; ++value) {
      const float unit = static_cast<float>(value) / 255.0f;
      bytes_[c][value] = static_cast<std::uint8_t>(value);
      normalised_[c][value] = (unit - config.mean[c]) / config.std[c];
    }
    if (config.crop_mode == CropMode::kBorder) padding_[c] = BorderColor(config.mean[c]);
  }
}

void Preprocessor::CropRgb(const Image& image, Scratch* scratch,
                           std::span<std::uint8_t> dst) const {
  Crop<3>(image, scratch, bytes_, dst);
}

void Preprocessor::Run(const Image& image, Scratch* scratch, std::span<float> dst) const {
  if (config_.channels == 3) {
    Crop<3>(image, scratch, normalised_, dst);
    return;
  }
  scratch->grey_ = image;
  ToGrey(&scratch->grey_);
  Crop<1>(scratch->grey_, scratch, normalised_, dst);
}

template <int kChannels, typename T>
void Preprocessor::Crop(const Image& image, Scratch* scratch,
                        const std::array<std::array<T, 256>, 3>& tables, std::span<T> dst) const {
  const auto row_size = kChannels * static_cast<std::size_t>(config_.width);
  AVOCET_CHECK(dst.size() == row_size * static_cast<std::size_t>(config_.height));
  AVOCET_CHECK(image.width >= 1 && image.height >= 1);
  const CropGeometry geometry = PlaceCrop(config_, image.width, image.height);
  if (geometry.x.count < config_.width || geometry.y.count < config_.height) {
    for (std::size_t i = 0; i < dst.size(); ++i)
      dst[i] = tables[i % kChannels][padding_[i % kChannels]];
  }
  T* const corner = dst.data() + static_cast<std::size_t>(geometry.y.offset) * row_size +
                    kChannels * static_cast<std::size_t>(geometry.x.offset);
  scratch->resizer_.Run(image, geometry, config_.interpolation,
                        [&](int y, const std::uint8_t* bgr) {
                          T* out = corner + static_cast<std::size_t>(y) * row_size;
                          for (int x = 0; x < geometry.x.count; ++x, out += kChannels, bgr += 3) {
                            out[0] = tables[0][bgr[2]];
                            if constexpr (kChannels == 3) {
                              out[1] = tables[1][bgr[1]];
                              out[2] = tables[2][bgr[0]];
                            }
                          }
                        });
}

}  // namespace avocet
