#include "engine/train/data/row_maker.h"

#include <cmath>
#include <cstddef>

#include "engine/base/check.h"
#include "engine/image/flip.h"
#include "engine/train/data/pixel_augment.h"
#include "engine/train/data/rand_augment.h"
#include "engine/train/data/random_crop.h"

namespace avocet {
namespace {

std::array<std::uint8_t, 3> MeanColor(const PreprocessConfig& preprocess) {
  std::array<std::uint8_t, 3> color;
  for (std::size_t c = 0; c < 3; ++c) {
    color[c] = static_cast<std::uint8_t>(std::nearbyint(255.0 * preprocess.mean[c]));
  }
  return color;
}

}  // namespace

RowMaker::RowMaker(const PreprocessConfig& preprocess, const AugmentOptions& augment)
    : preprocess_(preprocess),
      augment_(augment),
      fill_(augment.fill.value_or(MeanColor(preprocess))) {
  for (std::size_t c = 0; c < 3; ++c) {
    for (std::size_t value = 0; value < 256; ++value) {
      // As Preprocessor does it.
      const float unit = static_cast<float>(value) / 255.0f;
      normalised_[c][value] = (unit - preprocess.mean[c]) / preprocess.std[c];
    }
  }
}

std::size_t RowMaker::row_size() const {
  return static_cast<std::size_t>(preprocess_.height) *
         static_cast<std::size_t>(preprocess_.width) *
         static_cast<std::size_t>(preprocess_.channels);
}

Interpolation RowMaker::DrawFilter(Random* random) const {
  switch (augment_.filter) {
    case CropFilter::kNetwork:
      return preprocess_.interpolation;
    case CropFilter::kBilinear:
      return Interpolation::kBilinear;
    case CropFilter::kBicubic:
      return Interpolation::kBicubic;
    case CropFilter::kRandom:
      break;
  }
  return random->Chance(0.5) ? Interpolation::kBilinear : Interpolation::kBicubic;
}

void RowMaker::ChangePixels(Random* random, Scratch* scratch) const {
  if (random->Chance(augment_.horizontal_flip)) FlipHorizontal(&scratch->image);
  if (random->Chance(augment_.vertical_flip)) FlipVertical(&scratch->image);
  MoveRandomly(augment_.affine, fill_, random, &scratch->image, &scratch->other);
  RandAugment(augment_.rand_augment, fill_, random, &scratch->image, &scratch->other);
  JitterColors(augment_.color_jitter, random, &scratch->image);
}

void RowMaker::Augment(const Image& image, std::uint64_t seed, std::uint32_t epoch,
                       std::uint32_t position, Scratch* scratch, std::span<float> row) const {
  Random random(seed, RandomPurpose::kAugment, epoch, position);
  if (augment_.crop == TrainCrop::kRandomResized) {
    const PixelBox box = DrawCrop(augment_, image.width, image.height, &random);
    scratch->resizer.Run(image, box, preprocess_.width, preprocess_.height, DrawFilter(&random),
                         &scratch->image);
  } else {
    scratch->image = image;
  }
  ChangePixels(&random, scratch);
  Normalise(scratch->image, row);
  Random erasing(seed, RandomPurpose::kErase, epoch, position);
  EraseRandomly(augment_.random_erasing, preprocess_.height, preprocess_.width, &erasing, row);
}

void RowMaker::Normalise(const Image& crop, std::span<float> row) const {
  AVOCET_CHECK(row.size() == row_size());
  AVOCET_CHECK(crop.width == preprocess_.width && crop.height == preprocess_.height);
  const std::uint8_t* bgr = crop.bgr.data();
  if (preprocess_.channels == 1) {
    for (float& value : row) {
      value = normalised_[0][*bgr];
      bgr += 3;
    }
    return;
  }
  for (std::size_t i = 0; i < row.size(); i += 3, bgr += 3) {
    row[i] = normalised_[0][bgr[2]];
    row[i + 1] = normalised_[1][bgr[1]];
    row[i + 2] = normalised_[2][bgr[0]];
  }
}

}  // namespace avocet
