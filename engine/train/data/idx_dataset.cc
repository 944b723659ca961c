#include "engine/train/data/idx_dataset.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "engine/base/status.h"
#include "engine/train/data/idx_file.h"

namespace avocet {
namespace {

constexpr std::int64_t kMaxSide = 65'535;  // as of image files

bool Exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

// `path` without or with .gz, whichever is there.
std::optional<std::string> PlainOrCompressed(const std::string& path) {
  for (const std::string& candidate : {path, absl::StrCat(path, ".gz")}) {
    if (Exists(candidate)) return candidate;
  }
  return std::nullopt;
}

absl::Status CheckShapes(const std::string& images_path, const IdxArray& images,
                         const std::string& labels_path, const IdxArray& labels) {
  const std::int64_t count = images.shape[0];
  if (count != labels.shape[0]) {
    return absl::InvalidArgumentError(absl::StrCat("expected as many labels as images, found ",
                                                   count, " in ", images_path, " and ",
                                                   labels.shape[0], " in ", labels_path));
  }
  if (count < 1) return absl::InvalidArgumentError(absl::StrCat(images_path, ": has no images"));
  for (const std::int64_t side : {images.shape[1], images.shape[2]}) {
    if (side < 1 || side > kMaxSide) {
      return absl::InvalidArgumentError(absl::StrCat(images_path, ": expected sides of 1 to ",
                                                     kMaxSide, " pixels, found ", images.shape[1],
                                                     " x ", images.shape[2]));
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::optional<std::string> LabelsFileOf(const std::string& images) {
  const std::filesystem::path path(images);
  const std::string name = path.filename().string();
  std::string labels = absl::StrReplaceAll(name, {{"images", "labels"}, {"idx3", "idx1"}});
  if (labels == name) return std::nullopt;
  labels = std::string(absl::StripSuffix(labels, ".gz"));
  return PlainOrCompressed((path.parent_path() / labels).string());
}

std::optional<std::string> ImagesFileIn(const std::string& folder, const std::string& part) {
  for (const char* rest : {"-images-idx3-ubyte", "-images.idx3-ubyte"}) {
    auto path = PlainOrCompressed(absl::StrCat(folder, "/", part, rest));
    if (path.has_value()) return path;
  }
  return std::nullopt;
}

absl::StatusOr<Dataset> ReadIdxDataset(const std::string& images) {
  const std::optional<std::string> labels_path = LabelsFileOf(images);
  if (!labels_path.has_value()) {
    return absl::InvalidArgumentError(
        absl::StrCat(images,
                     ": expected a file of labels beside it, named alike with \"labels\" "
                     "for \"images\" and \"idx1\" for \"idx3\"; found none"));
  }
  ASSIGN_OR_RETURN(IdxArray pixels, ReadIdx(images, 3));
  ASSIGN_OR_RETURN(const IdxArray labels, ReadIdx(*labels_path, 1));
  RETURN_IF_ERROR(CheckShapes(images, pixels, *labels_path, labels));
  Dataset dataset;
  for (std::size_t i = 0; i < labels.bytes.size(); ++i) {
    dataset.samples.push_back({images, static_cast<std::int64_t>(i), labels.bytes[i]});
  }
  const int last = *std::max_element(labels.bytes.begin(), labels.bytes.end());
  for (int label = 0; label <= last; ++label) dataset.class_names.push_back(absl::StrCat(label));
  dataset.grey_images = std::make_shared<const GreyImages>(
      GreyImages{pixels.shape[0], static_cast<int>(pixels.shape[1]),
                 static_cast<int>(pixels.shape[2]), std::move(pixels.bytes)});
  return dataset;
}

absl::Status AdoptClasses(const std::string& images, const Dataset& train, Dataset* dataset) {
  for (const Sample& sample : dataset->samples) {
    if (sample.label >= train.classes()) {
      return absl::InvalidArgumentError(
          absl::StrCat(images, ": image ", sample.index, " has label ", sample.label,
                       " but the labels to train on go to ", train.classes() - 1));
    }
  }
  dataset->class_names = train.class_names;
  return absl::OkStatus();
}

}  // namespace avocet
