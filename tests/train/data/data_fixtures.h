// Small sets of pictures, made while a test runs.
#ifndef AVOCET_TESTS_TRAIN_DATA_DATA_FIXTURES_H_
#define AVOCET_TESTS_TRAIN_DATA_DATA_FIXTURES_H_

#include <cstdint>
#include <string>

#include "engine/image/image.h"
#include "engine/train/data/dataset.h"
#include "tests/checkpoint/temporary_folder.h"

namespace avocet {

// Noise over a gradient, which differs from seed to seed.
Image NoisyImage(int width, int height, std::uint32_t seed);

// As a PNG file's bytes.
std::string PngBytes(const Image& image);

// `count` PNG files of different sizes in `classes` classes, in turn; sample i shows NoisyImage of
// seed i.
Dataset WriteNoisyDataset(const TemporaryFolder& folder, int count, int classes);

}  // namespace avocet

#endif  // AVOCET_TESTS_TRAIN_DATA_DATA_FIXTURES_H_
