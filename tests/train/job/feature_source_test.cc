#include "engine/train/job/feature_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace avocet {
namespace {

constexpr int kBatches = 4;
constexpr int kRows = 2;

// Pictures of one pixel: the number of the picture.
class NumberedImages : public BatchSource {
 public:
  explicit NumberedImages(std::function<void(int batch)> on_batch)
      : on_batch_(std::move(on_batch)) {}

  std::int64_t batches_per_epoch() const override { return kBatches; }
  absl::Status Start(std::uint32_t /*epoch*/, std::int64_t first_batch) override {
    next_ = static_cast<int>(first_batch);
    return absl::OkStatus();
  }
  absl::StatusOr<const Batch*> Next() override {
    if (next_ == kBatches) return nullptr;
    batch_ = {};
    batch_.rows = kRows;
    for (int row = 0; row < kRows; ++row) {
      const int number = next_ * kRows + row;
      batch_.images.push_back(static_cast<float>(number));
      batch_.targets.insert(batch_.targets.end(), {1, 0});
      batch_.labels.push_back(0);
      batch_.main_labels.push_back(0);
      batch_.samples.push_back(number);
    }
    on_batch_(++next_);
    return &batch_;
  }
  std::vector<UnreadableImage> unreadable() const override { return {}; }

 private:
  std::function<void(int batch)> on_batch_;
  int next_ = 0;
  Batch batch_;
};

// Gives back its input.
class Identity : public Plan {
 public:
  int batch_size() const override { return kRows; }
  std::span<float> input() override { return values_; }
  void Run() override {}
  std::span<const float> logits() const override { return values_; }
  std::size_t arena_bytes() const override { return 0; }

 private:
  std::vector<float> values_ = std::vector<float>(kRows);
};

std::vector<float> AllFeatures(FeatureSource& source) {
  std::vector<float> features;
  while (const Batch* batch = *source.Next()) {
    features.insert(features.end(), batch->images.begin(), batch->images.end());
  }
  return features;
}

TEST(FeatureSourceTest, StopsWhileItComputesAndKeepsNothingHalf) {
  std::atomic<bool> stop = false;
  bool disturbed = true;
  int batches = 0;
  FeatureSource source({.mode = LoaderMode::kEvaluation,
                        .batch_size = kRows,
                        .memory = std::make_shared<MemoryBudget>(std::size_t{1} << 20),
                        .folder = {},
                        .say = {},
                        .stop = &stop},
                       std::make_unique<NumberedImages>([&](int batch) {
                         batches = batch;
                         stop = disturbed && batch == 2;
                       }),
                       std::make_unique<Identity>());
  EXPECT_EQ(source.Start(0, 0).code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(batches, 2);
  stop = disturbed = false;
  ASSERT_TRUE(source.Start(0, 0).ok());
  EXPECT_THAT(AllFeatures(source), testing::ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
}

}  // namespace
}  // namespace avocet
