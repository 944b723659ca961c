#include "engine/train/data/image_source.h"

#include <algorithm>
#include <cstddef>

#include "engine/base/status.h"
#include "engine/train/data/sample_reader.h"

namespace avocet {
namespace {

int Scaled(int side, int shorter, int wanted) {
  return std::max(1, static_cast<int>(std::int64_t{side} * wanted / shorter));
}

void Reduce(int max_shorter_side, BoxResizer* resizer, const Image& image, Image* reduced) {
  const int shorter = std::min(image.width, image.height);
  resizer->Run(image, {0, 0, image.width, image.height},
               Scaled(image.width, shorter, max_shorter_side),
               Scaled(image.height, shorter, max_shorter_side), Interpolation::kBilinear, reduced);
}

void CropTo(const Preprocessor& crop, ImageSource::Scratch* scratch, Image* cropped) {
  cropped->width = crop.config().width;
  cropped->height = crop.config().height;
  cropped->bgr.resize(3 * static_cast<std::size_t>(cropped->width) *
                      static_cast<std::size_t>(cropped->height));
  crop.CropRgb(scratch->decoded, &scratch->preprocessor, cropped->bgr);
  for (std::size_t i = 0; i < cropped->bgr.size(); i += 3) {
    std::swap(cropped->bgr[i], cropped->bgr[i + 2]);
  }
}

}  // namespace

std::int64_t CachedBytes(int width, int height) {
  constexpr std::int64_t kOverhead = 128;  // allocated around each picture, besides its pixels
  return std::int64_t{3} * width * height + kOverhead;
}

ImageSource::ImageSource(const Dataset& dataset, Options options)
    : dataset_(dataset), options_(std::move(options)), cache_(dataset.samples.size()) {}

absl::StatusOr<std::shared_ptr<const Image>> ImageSource::Get(std::int64_t sample,
                                                              Scratch* scratch) {
  {
    const std::lock_guard lock(mutex_);
    const std::shared_ptr<const Image>& kept = cache_[static_cast<std::size_t>(sample)];
    if (kept != nullptr) return kept;
    const auto failed = failures_.find(sample);
    if (failed != failures_.end()) return failed->second;
  }
  absl::StatusOr<std::shared_ptr<const Image>> image = Make(sample, scratch);
  if (image.ok()) {
    Keep(sample, *image);
  } else {
    const std::lock_guard lock(mutex_);
    failures_.emplace(sample, image.status());
  }
  return image;
}

absl::StatusOr<std::shared_ptr<const Image>> ImageSource::Make(std::int64_t sample,
                                                               Scratch* scratch) const {
  RETURN_IF_ERROR(
      ReadSample(dataset_, sample, options_.grey, &scratch->encoded, &scratch->decoded));
  auto image = std::make_shared<Image>();
  const int shorter = std::min(scratch->decoded.width, scratch->decoded.height);
  if (options_.crop.has_value()) {
    CropTo(*options_.crop, scratch, image.get());
  } else if (options_.max_shorter_side > 0 && shorter > options_.max_shorter_side) {
    Reduce(options_.max_shorter_side, &scratch->resizer, scratch->decoded, image.get());
  } else {
    *image = scratch->decoded;
  }
  return image;
}

void ImageSource::Keep(std::int64_t sample, const std::shared_ptr<const Image>& image) {
  const std::int64_t bytes = CachedBytes(image->width, image->height);
  const std::lock_guard lock(mutex_);
  std::shared_ptr<const Image>& place = cache_[static_cast<std::size_t>(sample)];
  if (place != nullptr || cached_bytes_ + bytes > options_.cache_bytes) return;
  place = image;
  ++cached_images_;
  cached_bytes_ += bytes;
}

std::map<std::int64_t, absl::Status> ImageSource::failures() const {
  const std::lock_guard lock(mutex_);
  return failures_;
}

std::pair<std::int64_t, std::int64_t> ImageSource::cached() const {
  const std::lock_guard lock(mutex_);
  return {cached_images_, cached_bytes_};
}

}  // namespace avocet
