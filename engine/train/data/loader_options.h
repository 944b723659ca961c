// What a DataLoader is told, and what it reports about single images.
#ifndef AVOCET_ENGINE_TRAIN_DATA_LOADER_OPTIONS_H_
#define AVOCET_ENGINE_TRAIN_DATA_LOADER_OPTIONS_H_

#include <cstdint>
#include <string>

#include "engine/base/preprocess_config.h"
#include "engine/train/data/augment_options.h"
#include "engine/train/data/epoch_order.h"
#include "engine/train/data/targets.h"

namespace avocet {

enum class LoaderMode { kTraining, kEvaluation };

struct LoaderOptions {
  LoaderMode mode = LoaderMode::kTraining;
  PreprocessConfig preprocess;  // the network's
  // Images of one step over all ranks: a multiple of shard.world, and where batches are mixed, of
  // 2 * shard.world.
  std::int64_t batch_size = 32;
  Shard shard;
  std::uint64_t seed = 0;
  AugmentOptions augment;  // of training
  TargetOptions targets;   // of training; evaluation's targets are plain

  // Threads of the loader's own, at low priority. With 0 the caller of Next() makes batches itself.
  int threads = 2;
  int prefetch_batches = 2;                          // made ahead of the one that is in use
  std::int64_t cache_bytes = std::int64_t{1} << 30;  // of decoded pictures; 0: no cache
};

// An image that could not be read.
struct UnreadableImage {
  std::int64_t sample;  // index in Dataset::samples
  std::string name;
  std::string reason;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_DATA_LOADER_OPTIONS_H_
