#include "engine/train/data/image_source.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "engine/base/check.h"
#include "engine/image/decode.h"
#include "engine/train/data/data_loader.h"
#include "engine/train/data/read_file.h"
#include "tests/train/data/data_fixtures.h"

namespace avocet {
namespace {

constexpr int kWidth = 12;
constexpr int kHeight = 16;

LoaderOptions Options(LoaderMode mode) {
  LoaderOptions options;
  options.mode = mode;
  options.preprocess.width = kWidth;
  options.preprocess.height = kHeight;
  options.batch_size = 2;
  options.threads = 0;
  return options;
}

Batch FirstBatch(const Dataset& dataset, const LoaderOptions& options) {
  const auto loader = DataLoader::Create(dataset, options);
  AVOCET_CHECK(loader.ok());
  (*loader)->Start(0);
  const auto batch = (*loader)->Next();
  AVOCET_CHECK(batch.ok());
  return **batch;
}

TEST(CachedBytesTest, IsWhatACropOfEvaluationTakes) {
  const TemporaryFolder folder;
  const Dataset dataset = WriteNoisyDataset(folder, 2, 2);
  LoaderOptions options = Options(LoaderMode::kEvaluation);
  const auto cached = [&](std::int64_t bytes) {
    options.cache_bytes = bytes;
    const auto loader = *DataLoader::Create(dataset, options);
    loader->Start(0);
    EXPECT_TRUE(loader->Next().ok());
    return loader->statistics().cached_images;
  };
  EXPECT_EQ(cached(2 * CachedBytes(kWidth, kHeight)), 2);
  EXPECT_EQ(cached(2 * CachedBytes(kWidth, kHeight) - 1), 1);
}

// A photograph that lies on its side in its file, beside the same one upright.
TEST(DataLoaderPhotographTest, AreTurnedUpright) {
  const std::string path = AVOCET_TEST_DATA "/images/exif_6.jpg";
  std::string encoded;
  ASSERT_TRUE(ReadFile(path, 1 << 20, &encoded).ok());
  Image lying;
  ASSERT_TRUE(Decode(encoded, {.apply_exif_orientation = false}, &lying).ok());
  Image upright{lying.height, lying.width, {}};
  for (int y = 0; y < upright.height; ++y) {
    for (int x = 0; x < upright.width; ++x) {  // a quarter turn clockwise
      const auto pixel =
          lying.bgr.begin() + std::ptrdiff_t{3} * ((lying.height - 1 - x) * lying.width + y);
      upright.bgr.insert(upright.bgr.end(), pixel, pixel + 3);
    }
  }
  const TemporaryFolder folder;
  const Dataset photograph{{{path, -1, 0}}, {"class"}, nullptr};
  const Dataset expected{
      {{folder.Write("upright.png", PngBytes(upright)), -1, 0}}, {"class"}, nullptr};
  for (const LoaderMode mode : {LoaderMode::kTraining, LoaderMode::kEvaluation}) {
    const Batch batch = FirstBatch(photograph, Options(mode));
    EXPECT_FALSE(batch.images.empty());
    EXPECT_TRUE(batch.images == FirstBatch(expected, Options(mode)).images);
  }
}

}  // namespace
}  // namespace avocet
