// Labelled pictures: where they are, not their pixels.
#ifndef AVOCET_ENGINE_TRAIN_DATA_DATASET_H_
#define AVOCET_ENGINE_TRAIN_DATA_DATASET_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace avocet {

// Grey pictures of one size in memory, as an IDX file holds them: [count, height, width].
struct GreyImages {
  std::int64_t count = 0;
  int height = 0;
  int width = 0;
  std::vector<std::uint8_t> pixels;

  std::span<const std::uint8_t> image(std::int64_t index) const;
};

struct Sample {
  std::string
      path;  // of the picture's file; of the IDX file when `index` says which of its pictures
  std::int64_t index = -1;  // in Dataset::grey_images; negative: `path` is an image file
  int label = 0;            // index in Dataset::class_names

  bool operator==(const Sample&) const = default;
};

// "path", or "path[17]" for picture 17 of an IDX file.
std::string NameOf(const Sample& sample);

// A value: copies share the pictures that are in memory. The order of samples is that of
// evaluation.
struct Dataset {
  std::vector<Sample> samples;
  std::vector<std::string> class_names;
  std::shared_ptr<const GreyImages> grey_images;

  std::int64_t size() const { return static_cast<std::int64_t>(samples.size()); }
  int classes() const { return static_cast<int>(class_names.size()); }
  // Samples of each class.
  std::vector<std::int64_t> ClassCounts() const;
  // The same classes with these samples only.
  Dataset Select(std::span<const std::size_t> indices) const;
};

// What one run trains and validates on. Both have the same class names. `validation` may be empty.
struct TrainingData {
  Dataset train;
  Dataset validation;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_DATA_DATASET_H_
