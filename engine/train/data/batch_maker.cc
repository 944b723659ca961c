#include "engine/train/data/batch_maker.h"

#include <algorithm>
#include <memory>
#include <span>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/train/data/mix.h"

namespace avocet {
namespace {

// Pictures whose shorter side is larger than so many times the network's longer one are reduced to
// that, before they are kept: a crop of the smallest usual scale (0.08 of the area) has still half
// of the network's resolution, and a photograph of 12 million pixels takes 0.8 MB instead of 36.
constexpr int kReducedSides = 2;

bool CropsAsEvaluation(const LoaderOptions& options) {
  return options.mode == LoaderMode::kEvaluation || options.augment.crop == TrainCrop::kEvaluation;
}

ImageSource::Options SourceOptions(const LoaderOptions& options, const Preprocessor& preprocessor) {
  ImageSource::Options source;
  source.grey = options.preprocess.channels == 1;
  if (CropsAsEvaluation(options)) source.crop = preprocessor;
  source.max_shorter_side =
      kReducedSides * std::max(options.preprocess.height, options.preprocess.width);
  source.cache_bytes = options.cache_bytes;
  return source;
}

}  // namespace

BatchMaker::BatchMaker(const Dataset& dataset, const LoaderOptions& options,
                       const Preprocessor& preprocessor)
    : dataset_(dataset),
      options_(options),
      row_maker_(options.preprocess, options.augment),
      source_(dataset, SourceOptions(options, preprocessor)) {}

std::int64_t BatchMaker::Batches() const {
  return options_.mode == LoaderMode::kTraining
             ? EpochOrder::TrainingBatches(dataset_.size(), options_.batch_size)
             : EpochOrder::EvaluationBatches(dataset_.size(), options_.batch_size);
}

EpochOrder BatchMaker::Order(std::uint32_t epoch) const {
  return options_.mode == LoaderMode::kTraining
             ? EpochOrder::Training(dataset_.size(), options_.batch_size, options_.seed, epoch)
             : EpochOrder::Evaluation(dataset_.size(), options_.batch_size);
}

void BatchMaker::Prepare(const EpochOrder& order, std::int64_t number, Work* work) const {
  work->rows = order.RowsOf(number, options_.shard);
  work->batch.rows = work->rows.end - work->rows.first;
  const auto rows = static_cast<std::size_t>(work->batch.rows);
  work->failures.assign(rows, absl::OkStatus());
  work->batch.images.resize(rows * row_maker_.row_size());
  work->batch.labels.resize(rows);
  work->batch.samples.resize(rows);
}

void BatchMaker::MakeRow(const EpochOrder& order, std::uint32_t epoch, std::int64_t row,
                         Scratch* scratch, Work* work) {
  const auto place = static_cast<std::size_t>(row);
  const std::int64_t position = work->rows.first + row;
  work->failures[place] =
      options_.mode == LoaderMode::kTraining
          ? MakeTrainingRow(order, epoch, position, place, scratch, &work->batch)
          : MakeEvaluationRow(order.SampleAt(position), place, scratch, &work->batch);
}

absl::Status BatchMaker::MakeTrainingRow(const EpochOrder& order, std::uint32_t epoch,
                                         std::int64_t position, std::size_t row, Scratch* scratch,
                                         Batch* batch) {
  absl::Status failure;
  for (std::int64_t further = 0; further < dataset_.size(); ++further) {
    const std::int64_t sample = order.SampleAt(position + further);
    const auto image = source_.Get(sample, &scratch->source);
    if (!image.ok()) {
      if (failure.ok()) failure = image.status();
      continue;
    }
    batch->samples[row] = sample;
    batch->labels[row] = dataset_.samples[static_cast<std::size_t>(sample)].label;
    const std::span<float> out =
        std::span(batch->images).subspan(row * row_maker_.row_size(), row_maker_.row_size());
    row_maker_.Augment(**image, options_.seed, epoch, static_cast<std::uint32_t>(position),
                       &scratch->row, out);
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "none of ", dataset_.size(), " images can be read; one of them: ", failure.message()));
}

absl::Status BatchMaker::MakeEvaluationRow(std::int64_t sample, std::size_t row, Scratch* scratch,
                                           Batch* batch) {
  batch->samples[row] = sample;
  batch->labels[row] = dataset_.samples[static_cast<std::size_t>(sample)].label;
  const auto image = source_.Get(sample, &scratch->source);
  RETURN_IF_ERROR(image.status());
  row_maker_.Normalise(
      **image,
      std::span(batch->images).subspan(row * row_maker_.row_size(), row_maker_.row_size()));
  return absl::OkStatus();
}

void BatchMaker::DropFailedRows(Work* work) const {
  Batch& batch = work->batch;
  const auto size = static_cast<std::ptrdiff_t>(row_maker_.row_size());
  std::size_t kept = 0;
  for (std::size_t row = 0; row < work->failures.size(); ++row) {
    if (!work->failures[row].ok()) continue;
    if (kept != row) {
      const auto from = batch.images.begin() + static_cast<std::ptrdiff_t>(row) * size;
      std::copy(from, from + size, batch.images.begin() + static_cast<std::ptrdiff_t>(kept) * size);
      batch.labels[kept] = batch.labels[row];
      batch.samples[kept] = batch.samples[row];
    }
    ++kept;
  }
  batch.rows = static_cast<std::int64_t>(kept);
  batch.images.resize(kept * row_maker_.row_size());
  batch.labels.resize(kept);
  batch.samples.resize(kept);
}

absl::Status BatchMaker::Complete(std::uint32_t epoch, std::int64_t number, Work* work) const {
  if (options_.mode == LoaderMode::kEvaluation) {
    DropFailedRows(work);
    MakeTargets(Mixing(), TargetOptions(), dataset_.classes(), &work->batch);
    return absl::OkStatus();
  }
  for (const absl::Status& failure : work->failures) RETURN_IF_ERROR(failure);
  Random random(options_.seed, RandomPurpose::kMix, epoch, static_cast<std::uint32_t>(number));
  const PreprocessConfig& input = options_.preprocess;
  const Mixing mixing = DrawMixing(options_.augment.mix, input.height, input.width, &random);
  MixImages(mixing, input.height, input.width, &work->batch);
  MakeTargets(mixing, options_.targets, dataset_.classes(), &work->batch);
  return absl::OkStatus();
}

std::vector<UnreadableImage> BatchMaker::unreadable() const {
  std::vector<UnreadableImage> images;
  for (const auto& [sample, status] : source_.failures()) {
    images.push_back({sample, NameOf(dataset_.samples[static_cast<std::size_t>(sample)]),
                      std::string(status.message())});
  }
  return images;
}

}  // namespace avocet
