// From a decoded picture to one row of a batch.
#ifndef AVOCET_ENGINE_TRAIN_DATA_ROW_MAKER_H_
#define AVOCET_ENGINE_TRAIN_DATA_ROW_MAKER_H_

#include <array>
#include <cstdint>
#include <span>

#include "engine/base/preprocess_config.h"
#include "engine/image/box_resize.h"
#include "engine/image/image.h"
#include "engine/train/data/augment_options.h"
#include "engine/train/data/random.h"

namespace avocet {

// The augmentation of single pictures, in timm's order: crop, flips, affine, colours,
// normalisation, erasing. Immutable and thread-safe.
class RowMaker {
 public:
  // Memory of one caller at a time.
  struct Scratch {
    BoxResizer resizer;
    Image image;
    Image other;  // for operations that do not work in place
  };

  RowMaker(const PreprocessConfig& preprocess, const AugmentOptions& augment);

  // A row of training, [H, W, C]: all that is random follows from seed, epoch and position. With
  // TrainCrop::kEvaluation `image` is that crop already.
  void Augment(const Image& image, std::uint64_t seed, std::uint32_t epoch, std::uint32_t position,
               Scratch* scratch, std::span<float> row) const;

  // A row of evaluation: `crop` has the network's size.
  void Normalise(const Image& crop, std::span<float> row) const;

  // Floats of a row.
  std::size_t row_size() const;

 private:
  Interpolation DrawFilter(Random* random) const;
  void ChangePixels(Random* random, Scratch* scratch) const;

  PreprocessConfig preprocess_;
  AugmentOptions augment_;
  std::array<std::uint8_t, 3> fill_;                  // RGB
  std::array<std::array<float, 256>, 3> normalised_;  // [channel, value]
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_DATA_ROW_MAKER_H_
