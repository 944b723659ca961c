// Batches of features that a frozen backbone has computed once.
#ifndef AVOCET_ENGINE_TRAIN_JOB_FEATURE_SOURCE_H_
#define AVOCET_ENGINE_TRAIN_JOB_FEATURE_SOURCE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/plan.h"
#include "engine/train/data/epoch_order.h"
#include "engine/train/job/batch_source.h"
#include "engine/train/job/float_storage.h"

namespace avocet {

struct FeatureOptions {
  LoaderMode mode = LoaderMode::kTraining;
  int variants = 1;                                  // augmentations that are kept of each image
  std::int64_t batch_size = 32;                      // of this process
  std::uint64_t seed = 0;                            // of the order of training
  std::shared_ptr<MemoryBudget> memory;              // that all variants and other sources share
  std::string folder;                                // of the file that takes more
  std::function<void(const std::string& text)> say;  // told before a backbone runs over all images
  const std::atomic<bool>* stop = nullptr;           // set: computing features ends; null: never
};

// In the place of images, batches have the features [N, F] of one variant: epoch e has that of
// epoch e % variants of `images`, computed when it is needed first, in another order. Images that
// the epoch left out are not in the variant. Start is CANCELLED if it is to stop while it computes.
class FeatureSource : public BatchSource {
 public:
  // `backbone` computes features; its output is [batch, F].
  FeatureSource(const FeatureOptions& options, std::unique_ptr<BatchSource> images,
                std::unique_ptr<Plan> backbone);

  std::int64_t batches_per_epoch() const override { return images_->batches_per_epoch(); }
  absl::Status Start(std::uint32_t epoch, std::int64_t first_batch) override;
  absl::StatusOr<const Batch*> Next() override;
  std::vector<UnreadableImage> unreadable() const override { return images_->unreadable(); }

 private:
  struct Variant {
    std::unique_ptr<FloatStorage> features;  // [rows, F]
    std::vector<float> targets;              // [rows, classes]
    std::vector<int> labels;
    std::vector<int> main_labels;
    std::vector<std::int64_t> samples;
  };
  absl::StatusOr<Variant> Compute(std::uint32_t epoch);
  // Appends the features of a batch, `first` rows on in storage.
  void Run(const Batch& batch, std::int64_t first, std::span<float> features);

  const FeatureOptions options_;
  const std::unique_ptr<BatchSource> images_;
  const std::unique_ptr<Plan> backbone_;
  const std::size_t feature_count_;  // F
  std::vector<Variant> variants_;

  const Variant* current_ = nullptr;
  EpochOrder order_;
  std::int64_t next_batch_ = 0;
  Batch batch_;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_JOB_FEATURE_SOURCE_H_
