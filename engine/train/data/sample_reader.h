// From a sample to pixels.
#ifndef AVOCET_ENGINE_TRAIN_DATA_SAMPLE_READER_H_
#define AVOCET_ENGINE_TRAIN_DATA_SAMPLE_READER_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "engine/image/image.h"
#include "engine/train/data/dataset.h"

namespace avocet {

// The most bytes of an image file: 64 million pixels of 16-bit RGB, uncompressed, are 384 MB.
inline constexpr std::uint64_t kMaxImageFileBytes = std::uint64_t{512} << 20;

// Reads and decodes as serving does: upright by EXIF, within the same limits. With `grey` all
// channels get the luma. `encoded` is memory that calls reuse. The message of an error does not
// name the sample.
absl::Status ReadSample(const Dataset& dataset, std::int64_t sample, bool grey,
                        std::string* encoded, Image* image);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_DATA_SAMPLE_READER_H_
