#include "engine/train/data/mix.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace avocet {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatNear;
using ::testing::Pointwise;

TEST(TargetsTest, SmoothingSpreadsOverAllClasses) {
  Batch batch;
  batch.labels = {2, 0};
  MakeTargets(Mixing(), {.label_smoothing = 0.2f, .class_weights = {}}, 4, &batch);
  EXPECT_THAT(batch.targets, Pointwise(FloatNear(1e-6f), {0.05f, 0.05f, 0.85f, 0.05f,  //
                                                          0.85f, 0.05f, 0.05f, 0.05f}));
}

TEST(TargetsTest, ClassWeightsScaleColumns) {
  Batch batch;
  batch.labels = {1, 0};
  MakeTargets(Mixing(), {.label_smoothing = 0, .class_weights = {0.5f, 3}}, 2, &batch);
  EXPECT_THAT(batch.targets, ElementsAre(0, 3, 0.5f, 0));
}

TEST(TargetsTest, MainLabelsAreTheImagesWhateverTheWeights) {
  Batch batch;
  batch.labels = {0, 1};
  // The smoothed and weighted target of the rare class is the larger one of both rows.
  MakeTargets(Mixing(), {.label_smoothing = 0.1f, .class_weights = {0.5f, 25}}, 2, &batch);
  EXPECT_THAT(batch.main_labels, ElementsAre(0, 1));
}

TEST(TargetsTest, BalancedWeightsHaveMeanOneOverTheSamples) {
  const std::vector<std::int64_t> counts = {10, 30, 0};
  const std::vector<float> weights = BalancedClassWeights(counts);
  EXPECT_FLOAT_EQ(weights[0], 40.0f / 30);
  EXPECT_FLOAT_EQ(weights[1], 40.0f / 90);
  EXPECT_EQ(weights[2], 0);
}

// Two pictures of one channel, one of zeros and one of ones.
Batch ZerosAndOnes(int height, int width) {
  Batch batch;
  batch.rows = 2;
  batch.labels = {0, 1};
  batch.images.assign(static_cast<std::size_t>(height * width), 0.0f);
  batch.images.resize(batch.images.size() * 2, 1.0f);
  return batch;
}

TEST(MixTest, MixupWeighsBothPictures) {
  Batch batch = ZerosAndOnes(1, 2);
  Mixing mixing;
  mixing.kind = Mixing::Kind::kMixup;
  mixing.lambda = 0.75f;
  MixImages(mixing, 1, 2, &batch);
  MakeTargets(mixing, {}, 2, &batch);
  EXPECT_THAT(batch.images, ElementsAre(0.25f, 0.25f, 0.75f, 0.75f));
  EXPECT_THAT(batch.targets, ElementsAre(0.75f, 0.25f, 0.25f, 0.75f));
  EXPECT_THAT(batch.main_labels, ElementsAre(0, 1));
}

TEST(MixTest, MainLabelsAreThoseOfTheLargerPart) {
  Batch batch = ZerosAndOnes(1, 2);
  Mixing mixing;
  mixing.kind = Mixing::Kind::kMixup;
  mixing.lambda = 0.25f;
  MakeTargets(mixing, {}, 2, &batch);
  EXPECT_THAT(batch.labels, ElementsAre(0, 1));
  EXPECT_THAT(batch.main_labels, ElementsAre(1, 0));
}

TEST(MixTest, CutmixExchangesTheBox) {
  Batch batch = ZerosAndOnes(2, 3);
  Mixing mixing;
  mixing.kind = Mixing::Kind::kCutmix;
  mixing.left = 1;
  mixing.right = 3;
  mixing.bottom = 1;
  MixImages(mixing, 2, 3, &batch);
  EXPECT_THAT(batch.images, ElementsAre(0, 1, 1, 0, 0, 0, 1, 0, 0, 1, 1, 1));
}

TEST(MixTest, CutmixsLambdaIsWhatTheBoxReallyLeaves) {
  MixOptions options;
  options.cutmix_alpha = 1;
  double sum = 0;
  for (std::uint32_t i = 0; i < 500; ++i) {
    Random random(4, RandomPurpose::kMix, 0, i);
    const Mixing mixing = DrawMixing(options, 10, 14, &random);
    ASSERT_EQ(mixing.kind, Mixing::Kind::kCutmix);
    Batch batch = ZerosAndOnes(10, 14);
    MixImages(mixing, 10, 14, &batch);
    const auto ones = std::count(batch.images.begin(), batch.images.begin() + 140, 1.0f);
    EXPECT_NEAR(mixing.lambda, 1 - static_cast<double>(ones) / 140, 1e-6);
    sum += mixing.lambda;
  }
  EXPECT_GT(sum / 500, 0.55);  // boxes are cut off at the sides: more is left than the mean of 0.5
  EXPECT_LT(sum / 500, 0.85);
}

TEST(MixTest, KindsFollowTheirProbabilities) {
  MixOptions options;
  options.mixup_alpha = 0.2;
  options.cutmix_alpha = 1;
  options.probability = 0.5;
  options.switch_probability = 0.25;
  std::vector<int> counts(3, 0);
  for (std::uint32_t i = 0; i < 4000; ++i) {
    Random random(4, RandomPurpose::kMix, 1, i);
    ++counts[static_cast<std::size_t>(DrawMixing(options, 8, 8, &random).kind)];
  }
  EXPECT_NEAR(counts[0], 2000, 160);
  EXPECT_NEAR(counts[1], 1500, 160);
  EXPECT_NEAR(counts[2], 500, 110);
  Random random(4, RandomPurpose::kMix, 1, 0);
  EXPECT_EQ(DrawMixing({}, 8, 8, &random).kind, Mixing::Kind::kNone);
}

}  // namespace
}  // namespace avocet
