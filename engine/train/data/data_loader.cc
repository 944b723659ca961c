#include "engine/train/data/data_loader.h"

#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/image/preprocessor.h"
#include "engine/train/data/batch_maker.h"
#include "engine/train/data/batch_pipeline.h"

namespace avocet {
namespace {

absl::Status Expected(const std::string& what, std::int64_t found) {
  return absl::InvalidArgumentError(
      absl::StrCat("data loader: expected ", what, ", found ", found));
}

absl::Status CheckBatches(const LoaderOptions& options) {
  const Shard& shard = options.shard;
  if (shard.world < 1) return Expected("at least 1 rank", shard.world);
  if (shard.rank < 0 || shard.rank >= shard.world) {
    return Expected(absl::StrCat("a rank from 0 to ", shard.world - 1), shard.rank);
  }
  if (options.batch_size < 1) return Expected("a batch of at least 1 image", options.batch_size);
  const bool pairs = options.mode == LoaderMode::kTraining && options.augment.mix.enabled();
  const std::int64_t unit = std::int64_t{shard.world} * (pairs ? 2 : 1);
  if (options.batch_size % unit != 0) {
    return Expected(absl::StrCat("a batch size that is a multiple of ", unit, " (", shard.world,
                                 " ranks", pairs ? ", pairs of mixup or cutmix" : "", ")"),
                    options.batch_size);
  }
  return absl::OkStatus();
}

absl::Status CheckTargets(const TargetOptions& targets, int classes) {
  if (!(targets.label_smoothing >= 0 && targets.label_smoothing < 1)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "label smoothing: expected a number from 0 to below 1, found ", targets.label_smoothing));
  }
  if (!targets.class_weights.empty() &&
      targets.class_weights.size() != static_cast<std::size_t>(classes)) {
    return absl::InvalidArgumentError(absl::StrCat("class weights: expected ", classes, ", found ",
                                                   targets.class_weights.size()));
  }
  for (const float weight : targets.class_weights) {
    if (!(std::isfinite(weight) && weight >= 0)) {
      return absl::InvalidArgumentError(
          absl::StrCat("class weights: expected numbers of at least 0, found ", weight));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckOptions(const Dataset& dataset, const LoaderOptions& options) {
  if (dataset.samples.empty()) return Expected("at least 1 image", 0);
  // Positions in an epoch are 32-bit counters of the random numbers.
  if (dataset.size() > std::numeric_limits<std::int32_t>::max()) {
    return Expected("fewer than 2^31 images", dataset.size());
  }
  if (options.threads < 0) return Expected("0 or more threads", options.threads);
  if (options.prefetch_batches < 0) {
    return Expected("0 or more batches made ahead", options.prefetch_batches);
  }
  if (options.cache_bytes < 0) return Expected("0 or more bytes of cache", options.cache_bytes);
  RETURN_IF_ERROR(CheckBatches(options));
  RETURN_IF_ERROR(CheckTargets(options.targets, dataset.classes()));
  return CheckAugmentOptions(options.augment);
}

double Seconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

absl::Status DataLoader::Check(const Dataset& dataset, const LoaderOptions& options) {
  RETURN_IF_ERROR(CheckOptions(dataset, options));
  return Preprocessor::Create(options.preprocess).status();
}

absl::StatusOr<std::unique_ptr<DataLoader>> DataLoader::Create(const Dataset& dataset,
                                                               const LoaderOptions& options) {
  RETURN_IF_ERROR(CheckOptions(dataset, options));
  ASSIGN_OR_RETURN(const Preprocessor preprocessor, Preprocessor::Create(options.preprocess));
  auto pipeline =
      std::make_unique<BatchPipeline>(std::make_unique<BatchMaker>(dataset, options, preprocessor),
                                      options.threads, options.prefetch_batches);
  return std::unique_ptr<DataLoader>(new DataLoader(std::move(pipeline)));
}

DataLoader::DataLoader(std::unique_ptr<BatchPipeline> pipeline) : pipeline_(std::move(pipeline)) {}

DataLoader::~DataLoader() = default;

std::int64_t DataLoader::batches_per_epoch() const { return pipeline_->maker().Batches(); }

void DataLoader::Start(std::uint32_t epoch, std::int64_t first_batch) {
  pipeline_->Start(epoch, first_batch);
  counted_until_ = Clock::now();
}

absl::StatusOr<const Batch*> DataLoader::Next() {
  const Clock::time_point begin = Clock::now();
  absl::StatusOr<const Batch*> batch = pipeline_->Next();
  const Clock::time_point end = Clock::now();
  statistics_.wait_seconds += Seconds(end - begin);
  statistics_.total_seconds += Seconds(end - counted_until_);
  counted_until_ = end;
  if (batch.ok() && *batch != nullptr) statistics_.images += (*batch)->rows;
  return batch;
}

LoaderStatistics DataLoader::statistics() const {
  LoaderStatistics statistics = statistics_;
  const auto [images, bytes] = pipeline_->maker().source().cached();
  statistics.cached_images = images;
  statistics.cached_bytes = bytes;
  return statistics;
}

std::vector<UnreadableImage> DataLoader::unreadable() const {
  return pipeline_->maker().unreadable();
}

}  // namespace avocet
