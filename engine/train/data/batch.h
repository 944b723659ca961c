// What one step of training or evaluation takes.
#ifndef AVOCET_ENGINE_TRAIN_DATA_BATCH_H_
#define AVOCET_ENGINE_TRAIN_DATA_BATCH_H_

#include <cstdint>
#include <vector>

namespace avocet {

struct Batch {
  std::int64_t rows = 0;              // N; 0 when a rank has no share of the last batch
  std::vector<float> images;          // [N, H, W, C], normalised
  std::vector<float> targets;         // [N, classes]
  std::vector<int> labels;            // [N], of the images before any mixing
  std::vector<int> main_labels;       // [N], of the larger part of each mixed image
  std::vector<std::int64_t> samples;  // [N], indices in Dataset::samples
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_DATA_BATCH_H_
