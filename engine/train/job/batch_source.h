// Where the batches of training and validation come from.
#ifndef AVOCET_ENGINE_TRAIN_JOB_BATCH_SOURCE_H_
#define AVOCET_ENGINE_TRAIN_JOB_BATCH_SOURCE_H_

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/train/data/batch.h"
#include "engine/train/data/data_loader.h"

namespace avocet {

// As DataLoader: what a batch holds depends on the epoch and its number alone. One thread calls it.
class BatchSource {
 public:
  virtual ~BatchSource() = default;

  virtual std::int64_t batches_per_epoch() const = 0;
  virtual absl::Status Start(std::uint32_t epoch, std::int64_t first_batch) = 0;
  // Valid until the next call; null after the epoch's last.
  virtual absl::StatusOr<const Batch*> Next() = 0;
  // Images that could not be read so far.
  virtual std::vector<UnreadableImage> unreadable() const = 0;
};

// Images.
class LoaderSource : public BatchSource {
 public:
  explicit LoaderSource(std::unique_ptr<DataLoader> loader) : loader_(std::move(loader)) {}

  std::int64_t batches_per_epoch() const override { return loader_->batches_per_epoch(); }
  absl::Status Start(std::uint32_t epoch, std::int64_t first_batch) override {
    loader_->Start(epoch, first_batch);
    return absl::OkStatus();
  }
  absl::StatusOr<const Batch*> Next() override { return loader_->Next(); }
  std::vector<UnreadableImage> unreadable() const override { return loader_->unreadable(); }

 private:
  std::unique_ptr<DataLoader> loader_;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_JOB_BATCH_SOURCE_H_
