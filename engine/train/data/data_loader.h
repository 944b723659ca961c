// Batches of a data set, made ahead of the step that takes them.
#ifndef AVOCET_ENGINE_TRAIN_DATA_DATA_LOADER_H_
#define AVOCET_ENGINE_TRAIN_DATA_DATA_LOADER_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/train/data/batch.h"
#include "engine/train/data/dataset.h"
#include "engine/train/data/loader_options.h"

namespace avocet {

struct LoaderStatistics {
  std::int64_t images = 0;   // in batches handed out
  double wait_seconds = 0;   // that callers spent in Next()
  double total_seconds = 0;  // from each Start() to the last Next() after it
  std::int64_t cached_images = 0;
  std::int64_t cached_bytes = 0;
  // 0 when no time has passed.
  double WaitShare() const { return total_seconds > 0 ? wait_seconds / total_seconds : 0; }
};

class BatchPipeline;

// Yields the batches of an epoch from any of them on. A batch's content is a function of data set,
// options, epoch and number alone: not of `threads`, of the cache, or of where the epoch was
// started. The ranks' batches, put together in their order, are the batch of a single process.
//
// An unreadable image is replaced, in training, by the next readable one in the epoch's order; in
// evaluation its row is left out. Which images those are is listed by unreadable().
//
// One thread calls it.
class DataLoader {
 public:
  // INVALID_ARGUMENT when an option is out of its range or `dataset` is empty: what Create() would
  // say, without its work.
  static absl::Status Check(const Dataset& dataset, const LoaderOptions& options);
  // As Check().
  static absl::StatusOr<std::unique_ptr<DataLoader>> Create(const Dataset& dataset,
                                                            const LoaderOptions& options);
  ~DataLoader();
  DataLoader(const DataLoader&) = delete;
  DataLoader& operator=(const DataLoader&) = delete;

  // Of every epoch.
  std::int64_t batches_per_epoch() const;
  // Turns to batch `first_batch` of an epoch; what was made ahead for another one is dropped.
  void Start(std::uint32_t epoch, std::int64_t first_batch = 0);
  // The next batch, valid until the next call of Next() or Start(); null after the epoch's last.
  // An error when no image at all can be read.
  absl::StatusOr<const Batch*> Next();

  LoaderStatistics statistics() const;
  // In the order of samples, each once.
  std::vector<UnreadableImage> unreadable() const;

 private:
  using Clock = std::chrono::steady_clock;

  explicit DataLoader(std::unique_ptr<BatchPipeline> pipeline);

  std::unique_ptr<BatchPipeline> pipeline_;
  LoaderStatistics statistics_;  // without what is in the cache
  Clock::time_point counted_until_ = {};
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_DATA_DATA_LOADER_H_
