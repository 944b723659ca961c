#include "engine/train/job/speed.h"

#include <gtest/gtest.h>

#include <memory>

namespace avocet {
namespace {

class FakeSource final : public BatchSource {
 public:
  explicit FakeSource(std::int64_t batches) : batches_(batches) {}
  std::int64_t batches_per_epoch() const override { return batches_; }
  absl::Status Start(std::uint32_t /*epoch*/, std::int64_t /*first_batch*/) override { return {}; }
  absl::StatusOr<const Batch*> Next() override { return nullptr; }
  std::vector<UnreadableImage> unreadable() const override { return {}; }

 private:
  std::int64_t batches_;
};

TEST(EpochsAlike, EndWhereEverythingBeginsToMove) {
  train::v1::TrainingConfig config;
  config.mutable_run()->set_epochs(10);
  EXPECT_EQ(EpochsAlike(config, 3), 7);
  config.mutable_transfer()->set_freeze("backbone");
  EXPECT_EQ(EpochsAlike(config, 3), 7);
  config.mutable_transfer()->set_unfreeze_at(6);
  EXPECT_EQ(EpochsAlike(config, 0), 5);
  EXPECT_EQ(EpochsAlike(config, 4), 1);
  EXPECT_EQ(EpochsAlike(config, 5), 5);
}

// Each variant that the epochs ahead use is computed once, and validation images once.
TEST(ImagesThroughBackbone, AreThoseOfVariantsAndOfValidation) {
  train::v1::TrainingConfig config;
  config.mutable_run()->set_batch_size(8);
  PhaseInputs inputs{};
  inputs.config = &config;
  Phase phase;
  phase.train = std::make_unique<FakeSource>(20);
  EXPECT_EQ(ImagesThroughBackbone(inputs, phase, 5), 0);
  phase.head_alone = true;
  phase.feature_variants = 4;
  EXPECT_EQ(ImagesThroughBackbone(inputs, phase, 5), 4 * 20 * 8);
  EXPECT_EQ(ImagesThroughBackbone(inputs, phase, 3), 3 * 20 * 8);
  phase.validation = std::make_unique<FakeSource>(6);
  EXPECT_EQ(ImagesThroughBackbone(inputs, phase, 3), 3 * 20 * 8 + 6 * 8);
}

TEST(SpeedText, TellsImagesASecondAndTime) {
  Speed speed;
  speed.now = {.first_epoch = 2, .epochs = 8, .step_seconds = 0.0625, .epoch_seconds = 30};
  EXPECT_EQ(SpeedText(speed, 32),
            "512 images/s expected; an epoch takes about 30 s, what is left about 4 min");
  speed.now.epochs = 1000;
  EXPECT_EQ(SpeedText(speed, 32),
            "512 images/s expected; an epoch takes about 30 s, what is left about 8.3 h");
}

TEST(SpeedText, CountsFeaturesAndWhatMovesLater) {
  Speed speed;
  speed.now = {.epochs = 5, .step_seconds = 0.5, .epoch_seconds = 2, .features_seconds = 60};
  EXPECT_EQ(SpeedText(speed, 32),
            "64 images/s expected of a classifier on features; an epoch takes about 2 s, what is "
            "left about 70 s, of which the features take 60 s");
  speed.later = {.first_epoch = 5, .epochs = 10, .step_seconds = 1, .epoch_seconds = 300};
  EXPECT_EQ(SpeedText(speed, 32),
            "64 images/s expected of a classifier on features; an epoch takes about 2 s, from "
            "epoch 6 on 5 min, what is left about 51 min, of which the features take 60 s");
}

}  // namespace
}  // namespace avocet
