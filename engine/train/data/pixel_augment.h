// Random changes of a picture that keep its size: colours, small motions, erased boxes.
#ifndef AVOCET_ENGINE_TRAIN_DATA_PIXEL_AUGMENT_H_
#define AVOCET_ENGINE_TRAIN_DATA_PIXEL_AUGMENT_H_

#include <array>
#include <cstdint>
#include <span>

#include "engine/image/image.h"
#include "engine/train/data/augment_options.h"
#include "engine/train/data/random.h"

namespace avocet {

// Does nothing, and draws nothing, when no option of it is on.
void JitterColors(const ColorJitterOptions& options, Random* random, Image* image);

// Likewise. `fill` is RGB; `other` is memory.
void MoveRandomly(const AffineOptions& options, const std::array<std::uint8_t, 3>& fill,
                  Random* random, Image* image, Image* other);

// Erases a box of a normalised picture, [height, width, C]. Ten attempts at a box that is smaller
// than the picture; after them nothing is erased.
void EraseRandomly(const RandomErasingOptions& options, int height, int width, Random* random,
                   std::span<float> picture);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_DATA_PIXEL_AUGMENT_H_
