#include "engine/train/job/feature_source.h"

#include <algorithm>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status.h"

namespace avocet {

FeatureSource::FeatureSource(const FeatureOptions& options, std::unique_ptr<BatchSource> images,
                             std::unique_ptr<Plan> backbone)
    : options_(options),
      images_(std::move(images)),
      backbone_(std::move(backbone)),
      feature_count_(backbone_->logits().size() /
                     static_cast<std::size_t>(backbone_->batch_size())),
      variants_(static_cast<std::size_t>(options.variants)) {}

void FeatureSource::Run(const Batch& batch, std::int64_t first, std::span<float> features) {
  const auto rows = static_cast<std::size_t>(batch.rows);
  const auto plan_rows = static_cast<std::size_t>(backbone_->batch_size());
  const std::size_t pixels = batch.images.size() / rows;
  auto destination = features.begin() + first * static_cast<std::int64_t>(feature_count_);
  for (std::size_t row = 0; row < rows; row += plan_rows) {
    const std::size_t count = std::min(plan_rows, rows - row);
    std::ranges::copy(std::span(batch.images).subspan(row * pixels, count * pixels),
                      backbone_->input().begin());
    backbone_->Run();
    destination =
        std::ranges::copy(backbone_->logits().first(count * feature_count_), destination).out;
  }
}

absl::StatusOr<FeatureSource::Variant> FeatureSource::Compute(std::uint32_t epoch) {
  if (options_.say) {
    options_.say(options_.variants > 1 ? absl::StrCat("computing features, variant ", epoch + 1,
                                                      " of ", options_.variants)
                                       : std::string("computing features"));
  }
  const auto rows = static_cast<std::size_t>(images_->batches_per_epoch() * options_.batch_size);
  Variant variant;
  ASSIGN_OR_RETURN(variant.features,
                   FloatStorage::Create(rows * feature_count_, *options_.memory, options_.folder));
  RETURN_IF_ERROR(images_->Start(epoch, 0));
  while (true) {
    if (options_.stop != nullptr && options_.stop->load()) {
      return absl::CancelledError("stopped while computing features");
    }
    ASSIGN_OR_RETURN(const Batch* batch, images_->Next());
    if (batch == nullptr) return variant;
    if (batch->rows == 0) continue;
    Run(*batch, static_cast<std::int64_t>(variant.labels.size()), variant.features->values());
    variant.targets.insert(variant.targets.end(), batch->targets.begin(), batch->targets.end());
    variant.labels.insert(variant.labels.end(), batch->labels.begin(), batch->labels.end());
    variant.main_labels.insert(variant.main_labels.end(), batch->main_labels.begin(),
                               batch->main_labels.end());
    variant.samples.insert(variant.samples.end(), batch->samples.begin(), batch->samples.end());
  }
}

absl::Status FeatureSource::Start(std::uint32_t epoch, std::int64_t first_batch) {
  const bool training = options_.mode == LoaderMode::kTraining;
  const std::uint32_t number = training ? epoch % static_cast<std::uint32_t>(options_.variants) : 0;
  Variant& variant = variants_[number];
  if (variant.features == nullptr) {
    ASSIGN_OR_RETURN(variant, Compute(number));
  }
  current_ = &variant;
  const auto rows = static_cast<std::int64_t>(variant.labels.size());
  // Where a small set is validated by many processes, some have no share.
  if (rows == 0) {
    order_ = EpochOrder();
    return absl::OkStatus();
  }
  order_ = training ? EpochOrder::Training(rows, options_.batch_size, options_.seed, epoch)
                    : EpochOrder::Evaluation(rows, options_.batch_size);
  next_batch_ = first_batch;
  return absl::OkStatus();
}

absl::StatusOr<const Batch*> FeatureSource::Next() {
  AVOCET_CHECK(current_ != nullptr);
  if (next_batch_ >= order_.batches()) return nullptr;
  const EpochOrder::Rows rows = order_.RowsOf(next_batch_++, Shard{});
  const std::size_t classes = current_->targets.size() / current_->labels.size();
  batch_ = {};
  batch_.rows = rows.end - rows.first;
  for (std::int64_t position = rows.first; position < rows.end; ++position) {
    const auto row = static_cast<std::size_t>(order_.SampleAt(position));
    const auto features =
        current_->features->values().subspan(row * feature_count_, feature_count_);
    batch_.images.insert(batch_.images.end(), features.begin(), features.end());
    const auto target = std::span(current_->targets).subspan(row * classes, classes);
    batch_.targets.insert(batch_.targets.end(), target.begin(), target.end());
    batch_.labels.push_back(current_->labels[row]);
    batch_.main_labels.push_back(current_->main_labels[row]);
    batch_.samples.push_back(current_->samples[row]);
  }
  return &batch_;
}

}  // namespace avocet
