#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "engine/train/data/pixel_augment.h"
#include "engine/train/data/rand_augment.h"
#include "engine/train/data/row_maker.h"
#include "tests/train/data/data_fixtures.h"

namespace avocet {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;

constexpr std::array<std::uint8_t, 3> kFill = {1, 2, 3};

PreprocessConfig SmallInput() {
  PreprocessConfig preprocess;
  preprocess.height = 12;
  preprocess.width = 16;
  return preprocess;
}

std::vector<float> RowOf(const AugmentOptions& options, std::uint32_t epoch, std::uint32_t position,
                         const PreprocessConfig& input = SmallInput()) {
  const RowMaker maker(input, options);
  RowMaker::Scratch scratch;
  std::vector<float> row(maker.row_size());
  maker.Augment(NoisyImage(40, 30, 5), 11, epoch, position, &scratch, row);
  return row;
}

// Everything on.
AugmentOptions Heavy() {
  AugmentOptions options;
  options.vertical_flip = 0.5;
  options.color_jitter = {
      .probability = 0.8, .brightness = 0.4, .contrast = 0.4, .saturation = 0.4, .hue = 0.1};
  options.affine = {
      .degrees = 10, .translate = 0.1, .scale_min = 0.9, .scale_max = 1.1, .shear = 5};
  options.rand_augment.operations = 2;
  options.random_erasing.probability = 0.5;
  return options;
}

TEST(RowMakerTest, IsAFunctionOfEpochAndPosition) {
  const AugmentOptions options = Heavy();
  EXPECT_EQ(RowOf(options, 1, 2), RowOf(options, 1, 2));
  EXPECT_NE(RowOf(options, 1, 2), RowOf(options, 1, 3));
  EXPECT_NE(RowOf(options, 1, 2), RowOf(options, 2, 2));
}

TEST(RowMakerTest, ValuesAreFinite) {
  for (std::uint32_t position = 0; position < 50; ++position) {
    for (const float value : RowOf(Heavy(), 0, position)) ASSERT_TRUE(std::isfinite(value));
  }
}

// A row of the whole picture, scaled by `filter` for a network that is evaluated with `network`'s.
std::vector<float> ScaledRow(CropFilter filter, Interpolation network, std::uint32_t position) {
  PreprocessConfig input = SmallInput();
  input.interpolation = network;
  AugmentOptions options;
  options.scale_min = 1;
  options.ratio_min = 4.0 / 3;
  options.filter = filter;
  options.horizontal_flip = 0;
  return RowOf(options, 0, position, input);
}

TEST(RowMakerTest, CropsAreScaledByTheFilterAskedFor) {
  constexpr Interpolation kNetwork = Interpolation::kLanczos;
  const auto row = [](CropFilter filter) { return ScaledRow(filter, kNetwork, 0); };
  EXPECT_EQ(row(CropFilter::kBilinear),
            ScaledRow(CropFilter::kNetwork, Interpolation::kBilinear, 0));
  EXPECT_EQ(row(CropFilter::kBicubic), ScaledRow(CropFilter::kNetwork, Interpolation::kBicubic, 0));
  EXPECT_NE(row(CropFilter::kBilinear), row(CropFilter::kBicubic));
  EXPECT_NE(row(CropFilter::kNetwork), row(CropFilter::kBicubic));
  int bicubic = 0;
  for (std::uint32_t position = 0; position < 100; ++position) {
    const std::vector<float> drawn = ScaledRow(CropFilter::kRandom, kNetwork, position);
    if (drawn == row(CropFilter::kBicubic)) {
      ++bicubic;
    } else {
      EXPECT_EQ(drawn, row(CropFilter::kBilinear));
    }
  }
  EXPECT_GT(bicubic, 25);
  EXPECT_LT(bicubic, 75);
}

TEST(RowMakerTest, GreyRowsHoldTheFirstChannel) {
  AugmentOptions options;
  options.random_erasing.probability = 0;
  PreprocessConfig grey_input = SmallInput();
  grey_input.channels = 1;
  const std::vector<float> grey = RowOf(options, 0, 0, grey_input);
  const std::vector<float> color = RowOf(options, 0, 0);
  ASSERT_EQ(color.size(), 3 * grey.size());
  // NoisyImage is no grey picture: blue is what a grey row would have read of it.
  const PreprocessConfig preprocess = SmallInput();
  for (std::size_t i = 0; i < grey.size(); ++i) {
    const float unit = grey[i] * preprocess.std[0] + preprocess.mean[0];
    EXPECT_NEAR(color[3 * i + 2], (unit - preprocess.mean[2]) / preprocess.std[2], 1e-4);
  }
}

TEST(JitterColorsTest, BrightnessStaysWithinItsRange) {
  double darkest = 1000;
  double brightest = 0;
  for (std::uint32_t i = 0; i < 300; ++i) {
    Random random(2, RandomPurpose::kAugment, 0, i);
    Image image{1, 1, {100, 100, 100}};
    JitterColors({.probability = 1, .brightness = 0.3, .contrast = 0, .saturation = 0, .hue = 0},
                 &random, &image);
    darkest = std::min<double>(darkest, image.bgr[0]);
    brightest = std::max<double>(brightest, image.bgr[0]);
  }
  EXPECT_NEAR(darkest, 70, 2);
  EXPECT_NEAR(brightest, 130, 2);
}

TEST(MoveRandomlyTest, OffIsOffAndTranslationIsWholePixels) {
  Random random(2, RandomPurpose::kAugment, 0, 0);
  const Image before = NoisyImage(9, 9, 1);
  Image image = before;
  Image other;
  MoveRandomly({}, kFill, &random, &image, &other);
  EXPECT_EQ(image.bgr, before.bgr);
  MoveRandomly({.degrees = 0, .translate = 0.3, .scale_min = 1, .scale_max = 1, .shear = 0}, kFill,
               &random, &image, &other);
  // Every pixel is one of the picture's, or the fill.
  for (std::size_t i = 0; i < image.bgr.size(); i += 3) {
    const auto same = [&](std::size_t at) {
      return std::equal(image.bgr.begin() + static_cast<std::ptrdiff_t>(i),
                        image.bgr.begin() + static_cast<std::ptrdiff_t>(i) + 3,
                        before.bgr.begin() + static_cast<std::ptrdiff_t>(at));
    };
    bool found = image.bgr[i] == 3 && image.bgr[i + 1] == 2 && image.bgr[i + 2] == 1;
    for (std::size_t at = 0; at < before.bgr.size() && !found; at += 3) found = same(at);
    EXPECT_TRUE(found) << i;
  }
}

TEST(EraseRandomlyTest, ErasesABoxOfTheRightArea) {
  RandomErasingOptions options;
  options.probability = 1;
  options.fill = RandomErasingOptions::Fill::kConst;
  int erased = 0;
  for (std::uint32_t i = 0; i < 200; ++i) {
    Random random(2, RandomPurpose::kErase, 0, i);
    std::vector<float> picture(30 * 40 * 3, 1.0f);
    EraseRandomly(options, 30, 40, &random, picture);
    const auto zeros = std::count(picture.begin(), picture.end(), 0.0f);
    EXPECT_EQ(zeros % 3, 0);
    EXPECT_LE(zeros / 3, 30 * 40 * 0.36);
    erased += zeros > 0 ? 1 : 0;
  }
  EXPECT_GE(erased, 195);  // ten attempts seldom all fail
}

TEST(EraseRandomlyTest, PixelFillIsNormalNoise) {
  RandomErasingOptions options;
  options.probability = 1;
  options.area_min = options.area_max = 0.3;
  options.aspect_min = 1;
  Random random(2, RandomPurpose::kErase, 0, 0);
  std::vector<float> picture(100 * 100 * 3, 50.0f);
  EraseRandomly(options, 100, 100, &random, picture);
  double sum = 0;
  double squares = 0;
  int count = 0;
  for (const float value : picture) {
    if (value == 50.0f) continue;
    sum += value;
    squares += static_cast<double>(value) * value;
    ++count;
  }
  EXPECT_EQ(count, 55 * 55 * 3);  // sqrt(3000) is 54.8
  EXPECT_NEAR(sum / count, 0, 0.05);
  EXPECT_NEAR(squares / count, 1, 0.08);
}

// Of low contrast, so that every operation has something to do.
Image DullImage() {
  Image image = NoisyImage(40, 30, 3);
  for (std::uint8_t& value : image.bgr) value = static_cast<std::uint8_t>(value / 2 + 20);
  return image;
}

TEST(RandAugmentTest, OperationsAtFullAndNoMagnitude) {
  const Image before = DullImage();
  for (std::uint32_t op = 0; op < kRandAugmentOps; ++op) {
    const auto kind = static_cast<RandAugmentOp>(op);
    const bool always = kind == RandAugmentOp::kAutoContrast || kind == RandAugmentOp::kEqualize ||
                        kind == RandAugmentOp::kInvert || kind == RandAugmentOp::kPosterize;
    for (const bool negative : {false, true}) {
      Image image = before;
      Image other;
      ApplyRandAugmentOp(kind, 10, negative, kFill, &image, &other);
      EXPECT_EQ(image.width, before.width);
      EXPECT_EQ(image.bgr.size(), before.bgr.size());
      EXPECT_NE(image.bgr, before.bgr) << op;
      image = before;
      ApplyRandAugmentOp(kind, 0, negative, kFill, &image, &other);
      EXPECT_EQ(image.bgr != before.bgr, always) << op;
    }
  }
  Image black = NoisyImage(3, 3, 3);
  ApplyRandAugmentOp(RandAugmentOp::kPosterize, 10, false, kFill, &black, nullptr);
  EXPECT_THAT(black.bgr, Each(0));
}

TEST(CheckAugmentOptionsTest, NamesTheOption) {
  const auto message = [](const AugmentOptions& options) {
    return std::string(CheckAugmentOptions(options).message());
  };
  EXPECT_EQ(message(Heavy()), "");
  AugmentOptions options;
  options.scale_min = 0;
  EXPECT_THAT(message(options), HasSubstr("crop scale, lower end"));
  options = {};
  options.color_jitter.hue = 0.6;
  EXPECT_THAT(message(options),
              HasSubstr("hue jitter: expected a number from 0 to 0.5, found 0.6"));
  options = {};
  options.mix.mixup_alpha = std::nan("");
  EXPECT_THAT(message(options), HasSubstr("mixup alpha"));
}

}  // namespace
}  // namespace avocet
