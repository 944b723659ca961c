#include "engine/train/data/data_loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "tests/train/data/data_fixtures.h"

namespace avocet {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr int kImages = 22;
constexpr int kClasses = 3;

LoaderOptions TrainingOptions() {
  LoaderOptions options;
  options.preprocess.height = 16;
  options.preprocess.width = 12;
  options.batch_size = 4;
  options.seed = 7;
  options.threads = 2;
  options.targets.label_smoothing = 0.1f;
  return options;
}

LoaderOptions EvaluationOptions() {
  LoaderOptions options = TrainingOptions();
  options.mode = LoaderMode::kEvaluation;
  return options;
}

std::unique_ptr<DataLoader> MakeLoader(const Dataset& dataset, const LoaderOptions& options) {
  auto loader = DataLoader::Create(dataset, options);
  EXPECT_TRUE(loader.ok()) << loader.status();
  AVOCET_CHECK(loader.ok());
  return *std::move(loader);
}

// The rest of the epoch.
std::vector<Batch> Collect(DataLoader* loader) {
  std::vector<Batch> batches;
  for (;;) {
    const auto batch = loader->Next();
    EXPECT_TRUE(batch.ok()) << batch.status();
    if (!batch.ok() || *batch == nullptr) return batches;
    batches.push_back(**batch);
  }
}

std::vector<Batch> EpochOf(const Dataset& dataset, const LoaderOptions& options,
                           std::uint32_t epoch, std::int64_t first = 0) {
  const auto loader = MakeLoader(dataset, options);
  loader->Start(epoch, first);
  return Collect(loader.get());
}

void ExpectSame(const std::vector<Batch>& a, const std::vector<Batch>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].rows, b[i].rows);
    EXPECT_EQ(a[i].samples, b[i].samples) << "batch " << i;
    EXPECT_EQ(a[i].labels, b[i].labels);
    EXPECT_EQ(a[i].targets, b[i].targets);
    EXPECT_TRUE(a[i].images == b[i].images) << "batch " << i;
  }
}

class DataLoaderTest : public testing::Test {
 protected:
  TemporaryFolder folder_;
  Dataset dataset_ = WriteNoisyDataset(folder_, kImages, kClasses);
};

TEST_F(DataLoaderTest, ThreadsAndCacheChangeNothing) {
  LoaderOptions options = TrainingOptions();
  options.augment.mix.mixup_alpha = 0.2;
  options.augment.mix.cutmix_alpha = 1;
  options.threads = 0;
  const std::vector<Batch> expected = EpochOf(dataset_, options, 3);
  EXPECT_THAT(expected, SizeIs(kImages / 4));
  for (const int threads : {1, 2, 5}) {
    for (const std::int64_t cache_bytes : {0, 6000, 1 << 24}) {
      options.threads = threads;
      options.cache_bytes = cache_bytes;
      const auto loader = MakeLoader(dataset_, options);
      for (const std::uint32_t epoch : {2u, 3u}) {  // the second from the cache
        loader->Start(epoch);
        const std::vector<Batch> batches = Collect(loader.get());
        if (epoch == 3) ExpectSame(batches, expected);
      }
      EXPECT_LE(loader->statistics().cached_bytes, cache_bytes);
    }
  }
}

TEST_F(DataLoaderTest, AnEpochResumesWhereItStopped) {
  const std::vector<Batch> whole = EpochOf(dataset_, TrainingOptions(), 1);
  ExpectSame(EpochOf(dataset_, TrainingOptions(), 1, 2), {whole.begin() + 2, whole.end()});
}

TEST_F(DataLoaderTest, StartsAgainInTheMiddle) {
  const auto loader = MakeLoader(dataset_, TrainingOptions());
  const std::vector<Batch> expected = EpochOf(dataset_, TrainingOptions(), 5);
  for (int i = 0; i < 10; ++i) {
    loader->Start(static_cast<std::uint32_t>(i));
    ASSERT_TRUE(loader->Next().ok());
  }
  loader->Start(5);
  ExpectSame(Collect(loader.get()), expected);
}

TEST_F(DataLoaderTest, RanksTogetherMakeTheSingleProcessesBatch) {
  for (LoaderOptions options : {TrainingOptions(), EvaluationOptions()}) {
    options.augment.mix.cutmix_alpha = options.mode == LoaderMode::kTraining ? 1 : 0;
    const std::vector<Batch> expected = EpochOf(dataset_, options, 2);
    std::vector<Batch> joined(expected.size());
    options.shard.world = 2;
    for (options.shard.rank = 0; options.shard.rank < 2; ++options.shard.rank) {
      const std::vector<Batch> part = EpochOf(dataset_, options, 2);
      ASSERT_EQ(part.size(), expected.size());
      for (std::size_t i = 0; i < part.size(); ++i) {
        joined[i].rows += part[i].rows;
        const auto append = [](auto* to, const auto& from) {
          to->insert(to->end(), from.begin(), from.end());
        };
        append(&joined[i].images, part[i].images);
        append(&joined[i].targets, part[i].targets);
        append(&joined[i].labels, part[i].labels);
        append(&joined[i].samples, part[i].samples);
      }
    }
    ExpectSame(joined, expected);
  }
}

TEST_F(DataLoaderTest, EpochsDifferAndShowEverySampleOnce) {
  LoaderOptions options = TrainingOptions();
  options.batch_size = 11;
  std::set<std::vector<std::int64_t>> orders;
  for (const std::uint32_t epoch : {0u, 1u, 2u}) {
    std::vector<std::int64_t> order;
    for (const Batch& batch : EpochOf(dataset_, options, epoch)) {
      order.insert(order.end(), batch.samples.begin(), batch.samples.end());
    }
    orders.insert(order);
    EXPECT_THAT(std::set<std::int64_t>(order.begin(), order.end()), SizeIs(kImages));
  }
  EXPECT_THAT(orders, SizeIs(3));
}

TEST_F(DataLoaderTest, EvaluationKeepsTheOrderAndTheRemainder) {
  const std::vector<Batch> batches = EpochOf(dataset_, EvaluationOptions(), 0);
  ASSERT_THAT(batches, SizeIs(6));
  EXPECT_THAT(batches[0].samples, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(batches[5].samples, ElementsAre(20, 21));
  EXPECT_THAT(batches[5].targets, ElementsAre(0, 0, 1, 1, 0, 0));
}

TEST_F(DataLoaderTest, UnreadableImagesAreReplacedAndListed) {
  folder_.Write("3.png", "no image");
  folder_.Write("8.png", PngBytes(NoisyImage(20, 20, 1)).substr(0, 200));
  LoaderOptions options = TrainingOptions();
  options.threads = 0;
  const std::vector<Batch> expected = EpochOf(dataset_, options, 0);
  options.threads = 3;
  const auto loader = MakeLoader(dataset_, options);
  loader->Start(0);
  const std::vector<Batch> batches = Collect(loader.get());
  ExpectSame(batches, expected);
  for (const Batch& batch : batches) {
    EXPECT_EQ(batch.rows, 4);
    for (const std::int64_t sample : batch.samples) {
      EXPECT_NE(sample, 3);
      EXPECT_NE(sample, 8);
    }
  }
  for (std::uint32_t epoch = 1; epoch < 4; ++epoch) {  // so that both were met
    loader->Start(epoch);
    Collect(loader.get());
  }
  const std::vector<UnreadableImage> unreadable = loader->unreadable();
  ASSERT_THAT(unreadable, SizeIs(2));
  EXPECT_EQ(unreadable[0].sample, 3);
  EXPECT_THAT(unreadable[0].name, HasSubstr("3.png"));
  EXPECT_THAT(unreadable[0].reason, HasSubstr("text"));
  EXPECT_EQ(unreadable[1].sample, 8);
}

TEST_F(DataLoaderTest, EvaluationLeavesUnreadableImagesOut) {
  folder_.Write("1.png", "no image");
  const std::vector<Batch> batches = EpochOf(dataset_, EvaluationOptions(), 0);
  EXPECT_THAT(batches[0].samples, ElementsAre(0, 2, 3));
  EXPECT_THAT(batches[0].labels, ElementsAre(0, 2, 0));
  EXPECT_THAT(batches[0].images, SizeIs(3 * 16 * 12 * 3));
  EXPECT_THAT(batches[0].targets, SizeIs(3 * kClasses));
  const std::vector<Batch> whole =
      EpochOf(WriteNoisyDataset(folder_, 4, 3), EvaluationOptions(), 0);
  const auto row = static_cast<std::ptrdiff_t>(16 * 12 * 3);
  EXPECT_TRUE(std::equal(batches[0].images.begin() + row, batches[0].images.end(),
                         whole[0].images.begin() + 2 * row));
}

TEST_F(DataLoaderTest, NoReadableImageIsAnError) {
  for (int i = 0; i < kImages; ++i) folder_.Write(std::to_string(i) + ".png", "no image");
  const auto loader = MakeLoader(dataset_, TrainingOptions());
  loader->Start(0);
  const auto batch = loader->Next();
  EXPECT_EQ(batch.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(batch.status().message()), HasSubstr("none of 22 images"));
}

TEST_F(DataLoaderTest, ASetSmallerThanABatchFillsIt) {
  LoaderOptions options = TrainingOptions();
  options.batch_size = 50;
  const std::vector<Batch> batches = EpochOf(dataset_, options, 0);
  ASSERT_THAT(batches, SizeIs(1));
  EXPECT_EQ(batches[0].rows, 50);
  EXPECT_THAT(std::set<std::int64_t>(batches[0].samples.begin(), batches[0].samples.end()),
              SizeIs(kImages));
}

// Digits of 28 pixels in LeNet's 32: two black pixels at each side, the others untouched.
TEST(DataLoaderGreyTest, SmallDigitsArePadded) {
  GreyImages digits{2, 28, 28, std::vector<std::uint8_t>(2 * 28 * 28, 255)};
  digits.pixels[28 * 28 + 30] = 51;  // of the second: row 1, column 2
  Dataset dataset{
      {{"digits", 0, 0}, {"digits", 1, 1}}, {"0", "1"}, std::make_shared<const GreyImages>(digits)};
  LoaderOptions options = EvaluationOptions();
  options.preprocess.channels = 1;
  options.preprocess.height = options.preprocess.width = 32;
  options.preprocess.crop_pct = 1.14;
  options.preprocess.mean = {0, 0, 0};
  options.preprocess.std = {1, 1, 1};
  for (const LoaderMode mode : {LoaderMode::kEvaluation, LoaderMode::kTraining}) {
    options.mode = mode;
    options.batch_size = 2;
    options.augment.crop = TrainCrop::kEvaluation;
    options.augment.horizontal_flip = 0;
    const std::vector<Batch> batches = EpochOf(dataset, options, 0);
    ASSERT_THAT(batches, SizeIs(1));
    ASSERT_THAT(batches[0].images, SizeIs(2 * 32 * 32));
    for (std::size_t i = 0; i < batches[0].images.size(); ++i) {
      const std::size_t y = i / 32 % 32;
      const std::size_t x = i % 32;
      const bool inside = y >= 2 && y < 30 && x >= 2 && x < 30;
      const bool special = batches[0].samples[i / 1024] == 1 && y == 3 && x == 4;
      EXPECT_FLOAT_EQ(batches[0].images[i], special ? 0.2f : inside ? 1.0f : 0.0f) << x << " " << y;
    }
  }
}

TEST_F(DataLoaderTest, GreyNetworksGetTheLuma) {
  LoaderOptions options = EvaluationOptions();
  options.preprocess.channels = 1;
  options.preprocess.mean = {0, 0, 0};
  options.preprocess.std = {1, 1, 1};
  folder_.Write("0.png", PngBytes({2, 2,
                                   std::vector<std::uint8_t>{10, 20, 200, 10, 20, 200,  //
                                                             10, 20, 200, 10, 20, 200}}));
  const std::vector<Batch> grey = EpochOf(dataset_, options, 0);
  ASSERT_THAT(grey[0].images, SizeIs(4 * 16 * 12));
  // 0.299 * 200 + 0.587 * 20 + 0.114 * 10 = 72.7
  EXPECT_FLOAT_EQ(grey[0].images[0], 73.0f / 255.0f);
}

TEST_F(DataLoaderTest, OptionsAreChecked) {
  const auto message = [this](const LoaderOptions& options) {
    return std::string(DataLoader::Create(dataset_, options).status().message());
  };
  LoaderOptions options = TrainingOptions();
  options.shard = {0, 3};
  EXPECT_THAT(message(options), HasSubstr("multiple of 3"));
  options.shard = {2, 2};
  EXPECT_THAT(message(options), HasSubstr("rank from 0 to 1, found 2"));
  options.shard = {0, 4};
  options.augment.mix.mixup_alpha = 1;
  EXPECT_THAT(message(options), HasSubstr("multiple of 8"));
  options = TrainingOptions();
  options.targets.class_weights = {1, 2};
  EXPECT_THAT(message(options), HasSubstr("class weights: expected 3, found 2"));
  options = TrainingOptions();
  options.preprocess.channels = 4;
  EXPECT_THAT(message(options), HasSubstr("1 or 3 channels"));
  EXPECT_EQ(DataLoader::Create(Dataset(), TrainingOptions()).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace avocet
