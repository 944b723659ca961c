#include "engine/image/preprocessor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "hwy/targets.h"
#include "tests/image/test_images.h"

namespace avocet {
namespace {

using ::testing::HasSubstr;

// Of a row of vectors.json.
PreprocessConfig ConfigOf(const nlohmann::json& json) {
  PreprocessConfig config;
  config.height = json.at("height");
  config.width = json.at("width");
  config.interpolation = InterpolationNamed(json.at("interpolation"));
  config.crop_pct = json.at("crop_pct");
  config.crop_mode = CropModeNamed(json.at("crop_mode"));
  config.mean = json.at("mean");
  return config;
}

// Of an entry of the photographs' expected.json, which has timm's own form.
PreprocessConfig TimmConfigOf(const nlohmann::json& json) {
  PreprocessConfig config;
  config.height = json.at("input_size").at(1);
  config.width = json.at("input_size").at(2);
  config.interpolation = InterpolationNamed(json.at("interpolation"));
  config.crop_pct = json.at("crop_pct");
  config.crop_mode = CropModeNamed(json.at("crop_mode"));
  config.mean = json.at("mean");
  config.std = json.at("std");
  return config;
}

Image Gradient(int width, int height) {
  Image image{width, height, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      image.bgr.push_back(static_cast<std::uint8_t>(x * 7));
      image.bgr.push_back(static_cast<std::uint8_t>(y * 5));
      image.bgr.push_back(static_cast<std::uint8_t>(x * y));
    }
  }
  return image;
}

Image GreyOf(Image image) {
  for (std::size_t i = 0; i < image.bgr.size(); i += 3) {
    const int weighted = 299 * image.bgr[i + 2] + 587 * image.bgr[i + 1] + 114 * image.bgr[i];
    std::fill_n(image.bgr.begin() + static_cast<std::ptrdiff_t>(i), 3,
                static_cast<std::uint8_t>(std::lround(weighted / 1000.0)));
  }
  return image;
}

std::string MessageOf(const PreprocessConfig& config) {
  const auto preprocessor = Preprocessor::Create(config);
  EXPECT_EQ(preprocessor.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(preprocessor.status().message());
}

// Whether the crop of `image` is the one that `entry` has the checksum of.
bool CropIsThatOf(const nlohmann::json& entry, const Image& image, const PreprocessConfig& config) {
  return Crc32(CropOf(image, config)) == entry.at("crop_rgb_crc32").get<std::uint32_t>();
}

TEST(Preprocessor, CropsOfPhotographsEqualTimm) {
  const nlohmann::json photographs = ReadTestJson("photos/expected.json");
  for (const auto& [name, entry] : photographs.items()) {
    const Image image = DecodeTestFile("photos/" + name.substr(name.find('/') + 1));
    EXPECT_TRUE(CropIsThatOf(entry, image, TimmConfigOf(entry.at("config")))) << name;
  }
}

// The largest difference between the one channel made of `image` and the first of three made of the
// grey `other`.
double LumaDifference(const Image& image, const Image& other) {
  PreprocessConfig config{.height = 24, .width = 32};
  config.mean = {0.25f, 0.25f, 0.25f};
  config.std = {0.5f, 0.5f, 0.5f};
  Preprocessor::Scratch scratch;
  std::vector<float> colour(3 * 24 * 32);
  Preprocessor::Create(config)->Run(other, &scratch, colour);
  config.channels = 1;
  std::vector<float> luma(24 * 32);
  Preprocessor::Create(config)->Run(image, &scratch, luma);
  EXPECT_NE(luma.front(), luma.back());
  double largest = 0;
  for (std::size_t i = 0; i < luma.size(); ++i) {
    largest = std::max(largest, std::abs(double{luma[i]} - colour[3 * i]));
  }
  return largest;
}

// One step of 8 bits, divided by std: where fixed point rounds the luma to the other side.
constexpr double kLumaTolerance = 1.01 / 255 / 0.5;

TEST(Preprocessor, OneChannelIsTheLumaResized) {
  EXPECT_LE(LumaDifference(Gradient(70, 50), GreyOf(Gradient(70, 50))), kLumaTolerance);
}

// The twin.
TEST(Preprocessor, OneOtherPixelHasAnotherLuma) {
  const Image other = WithOneOtherPixel(GreyOf(Gradient(70, 50)));
  EXPECT_GT(LumaDifference(Gradient(70, 50), other), kLumaTolerance);
}

TEST(Preprocessor, CropOfAPhotographWithOneOtherPixelDiffers) {
  const nlohmann::json photographs = ReadTestJson("photos/expected.json");
  for (const auto& [name, entry] : photographs.items()) {
    Image image = DecodeTestFile("photos/" + name.substr(name.find('/') + 1));
    const auto middle = static_cast<std::size_t>(image.height / 2 * image.width + image.width / 2);
    image.bgr[3 * middle] ^= 0x20;
    EXPECT_FALSE(CropIsThatOf(entry, image, TimmConfigOf(entry.at("config")))) << name;
  }
}

// Calls visit(image, row of vectors.json, instruction set) for every crop with each instruction set
// that this machine has.
template <typename Visit>
void ForEachOddCrop(Visit visit) {
  const nlohmann::json vectors = ReadTestJson("images/vectors.json");
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::GetChosenTarget().Update(target);
    for (const nlohmann::json& row : vectors.at("crops")) {
      visit(DecodeTestFile("images/" + row.at("file").get<std::string>()), row,
            hwy::TargetName(target));
    }
  }
  hwy::GetChosenTarget().DeInit();  // the next call chooses again
}

TEST(Preprocessor, OddCropsEqualPillowWithEveryInstructionSet) {
  ForEachOddCrop([](const Image& image, const nlohmann::json& row, const char* target) {
    EXPECT_TRUE(CropIsThatOf(row, image, ConfigOf(row.at("config")))) << target << " " << row;
  });
}

// The twin.
TEST(Preprocessor, OddCropsWithOneOtherPixelDifferWithEveryInstructionSet) {
  ForEachOddCrop([](const Image& image, const nlohmann::json& row, const char* target) {
    // A crop of one pixel is a mean of thousands, where one is lost in rounding.
    if (row.at("config").at("height") == 1) return;
    EXPECT_FALSE(CropIsThatOf(row, WithOneOtherPixel(image), ConfigOf(row.at("config"))))
        << target << " " << row;
  });
}

// How many of the normalised pixels of `image` differ in any bit from those that torchvision makes
// of the crop of `other`.
std::size_t CountUnequal(const Image& image, const Image& other) {
  PreprocessConfig config;
  config.height = 19;
  config.width = 23;
  const auto crop = CropOf(other, config);
  Preprocessor::Scratch scratch;
  std::vector<float> normalised(crop.size());
  Preprocessor::Create(config)->Run(image, &scratch, normalised);
  std::size_t unequal = 0;
  for (std::size_t i = 0; i < crop.size(); ++i) {
    // Volatile: each operation is rounded to float by itself.
    volatile float value = static_cast<float>(crop[i]) / 255.0f;
    value = value - config.mean[i % 3];
    value = value / config.std[i % 3];
    const float expected = value;
    unequal += std::memcmp(&expected, &normalised[i], sizeof(float)) == 0 ? 0 : 1;
  }
  return unequal;
}

TEST(Preprocessor, NormalisesInFloat32InTorchvisionsOrder) {
  EXPECT_EQ(CountUnequal(Gradient(40, 31), Gradient(40, 31)), 0u);
}

// The twin.
TEST(Preprocessor, OneOtherPixelIsNormalisedOtherwise) {
  EXPECT_GT(CountUnequal(WithOneOtherPixel(Gradient(40, 31)), Gradient(40, 31)), 0u);
}

TEST(Preprocessor, OneScratchServesSizesAndNetworksInAnyOrder) {
  PreprocessConfig large;
  PreprocessConfig small;
  small.height = small.width = 24;
  small.interpolation = Interpolation::kBilinear;
  Preprocessor::Scratch scratch;
  for (const auto& [width, height] : {std::pair(50, 40), {300, 20}, {50, 40}, {2, 900}, {7, 7}}) {
    const Image image = Gradient(width, height);
    for (const PreprocessConfig& config : {large, small, large}) {
      const auto preprocessor = Preprocessor::Create(config);
      ASSERT_TRUE(preprocessor.ok());
      std::vector<std::uint8_t> crop(static_cast<std::size_t>(3 * config.height * config.width));
      preprocessor->CropRgb(image, &scratch, crop);
      EXPECT_EQ(crop, CropOf(image, config)) << width << " x " << height;
    }
  }
}

TEST(Preprocessor, NarrowPicturesAreReadOnlyWithinTheirBytes) {
  // Under AddressSanitizer: the vector code reads whole blocks of 16 bytes.
  PreprocessConfig config;
  config.height = config.width = 16;
  for (const CropMode mode : {CropMode::kCenter, CropMode::kSquash, CropMode::kBorder}) {
    config.crop_mode = mode;
    for (int width = 1; width < 12; ++width) {
      for (const int height : {1, 2, 5, 17, 1300}) {
        EXPECT_EQ(CropOf(Gradient(width, height), config).size(), 16u * 16u * 3u);
      }
    }
  }
}

TEST(Preprocessor, FlatPicturesStayFlat) {
  Image image = Gradient(37, 53);
  for (std::size_t i = 0; i < image.bgr.size(); ++i) {
    image.bgr[i] = static_cast<std::uint8_t>(40 + 90 * (i % 3));
  }
  for (const Interpolation interpolation :
       {Interpolation::kBilinear, Interpolation::kBicubic, Interpolation::kLanczos}) {
    PreprocessConfig config;
    config.interpolation = interpolation;
    const auto crop = CropOf(image, config);
    for (std::size_t i = 0; i < crop.size(); ++i) ASSERT_EQ(crop[i], 220 - 90 * (i % 3));
  }
}

TEST(Preprocessor, RefusesOtherChannelsThanGreyAndColour) {
  EXPECT_THAT(MessageOf({.channels = 2}), HasSubstr("1 or 3 channels, found 2"));
}

TEST(Preprocessor, RefusesSidesOutOfRange) {
  PreprocessConfig config;
  config.height = 0;
  EXPECT_THAT(MessageOf(config), HasSubstr("height"));
  config.height = 224;
  config.width = 4097;
  EXPECT_THAT(MessageOf(config), HasSubstr("width"));
}

TEST(Preprocessor, RefusesCropPctThatLeavesNothingOrTooMuch) {
  PreprocessConfig config;
  for (const double crop_pct : {0.0, -1.0, 1e-4, 500.0, std::numeric_limits<double>::infinity(),
                                std::numeric_limits<double>::quiet_NaN()}) {
    config.crop_pct = crop_pct;
    EXPECT_THAT(MessageOf(config), HasSubstr("crop_pct")) << crop_pct;
  }
}

TEST(Preprocessor, RefusesMeanAndStdThatCannotNormalise) {
  PreprocessConfig config;
  config.mean[1] = 127.5f;  // of values in [0, 255]
  EXPECT_THAT(MessageOf(config), HasSubstr("mean[1]"));
  config = PreprocessConfig();
  config.std[2] = 0.0f;
  EXPECT_THAT(MessageOf(config), HasSubstr("std[2]"));
}

}  // namespace
}  // namespace avocet
