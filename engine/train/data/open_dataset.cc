#include "engine/train/data/open_dataset.h"

#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/train/data/csv_dataset.h"
#include "engine/train/data/folder_dataset.h"
#include "engine/train/data/idx_dataset.h"
#include "engine/train/data/split.h"
#include "engine/train/data/utf8.h"

namespace avocet {
namespace {

namespace fs = std::filesystem;

bool IsFolder(const fs::path& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

// The folder in `folder` that holds what to validate on, if there is one.
std::optional<std::string> ValidationFolder(const fs::path& folder) {
  for (const char* name : {"val", "validation", "valid", "test"}) {
    if (IsFolder(folder / name)) return (folder / name).string();
  }
  return std::nullopt;
}

// Both parts' paths are given.
absl::StatusOr<TrainingData> ReadFolderPair(const std::string& train,
                                            const std::string& validation) {
  TrainingData data;
  ASSIGN_OR_RETURN(data.train, ReadFolders(train));
  ASSIGN_OR_RETURN(data.validation, ReadFolders(validation, data.train.class_names));
  return data;
}

absl::StatusOr<TrainingData> ReadIdxPair(const std::string& train, const std::string& validation) {
  TrainingData data;
  ASSIGN_OR_RETURN(data.train, ReadIdxDataset(train));
  ASSIGN_OR_RETURN(data.validation, ReadIdxDataset(validation));
  RETURN_IF_ERROR(AdoptClasses(validation, data.train, &data.validation));
  return data;
}

absl::StatusOr<TrainingData> ReadCsvPair(const std::string& train, const std::string& validation) {
  TrainingData data;
  ASSIGN_OR_RETURN(data.train, ReadCsv(train));
  ASSIGN_OR_RETURN(data.validation, ReadCsv(validation, data.train.class_names));
  return data;
}

// A file: CSV by its name, otherwise IDX.
absl::StatusOr<TrainingData> OpenFile(const std::string& path, const DatasetOptions& options) {
  const bool csv = absl::EndsWithIgnoreCase(path, ".csv");
  const std::string& validation = options.validation_path;
  if (!validation.empty()) {
    return csv ? ReadCsvPair(path, validation) : ReadIdxPair(path, validation);
  }
  ASSIGN_OR_RETURN(const Dataset dataset, csv ? ReadCsv(path) : ReadIdxDataset(path));
  return SplitDataset(dataset, options.validation_fraction, options.seed);
}

// A folder with MNIST's files; `train` is that of the images to train on.
absl::StatusOr<TrainingData> OpenDigits(const std::string& folder, const std::string& train,
                                        const DatasetOptions& options) {
  DatasetOptions with_validation = options;
  if (options.validation_path.empty()) {
    with_validation.validation_path = ImagesFileIn(folder, "t10k").value_or("");
  } else if (IsFolder(options.validation_path)) {
    const auto images = ImagesFileIn(options.validation_path, "t10k");
    with_validation.validation_path = images.value_or(options.validation_path);
  }
  return OpenFile(train, with_validation);
}

absl::StatusOr<TrainingData> OpenFolder(const fs::path& folder, const DatasetOptions& options) {
  const std::optional<std::string> digits = ImagesFileIn(folder.string(), "train");
  if (digits.has_value()) return OpenDigits(folder.string(), *digits, options);
  const std::string train =
      IsFolder(folder / "train") ? (folder / "train").string() : folder.string();
  if (!options.validation_path.empty()) return ReadFolderPair(train, options.validation_path);
  if (IsFolder(folder / "train")) {
    const std::optional<std::string> validation = ValidationFolder(folder);
    if (validation.has_value()) return ReadFolderPair(train, *validation);
  }
  ASSIGN_OR_RETURN(const Dataset dataset, ReadFolders(train));
  return SplitDataset(dataset, options.validation_fraction, options.seed);
}

// Model folders and checkpoints hold the path and the names of classes as text.
absl::Status CheckText(const std::string& what, const std::string& text) {
  if (IsUtf8(text)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(what, ": expected UTF-8, found \"",
                                                 absl::CEscape(text), "\"; please rename it"));
}

absl::Status CheckClasses(const std::string& path, const Dataset& train) {
  if (train.classes() < 2) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": expected at least two classes, found ", train.classes(),
                     train.classes() == 1 ? " (\"" + train.class_names[0] + "\")" : ""));
  }
  const std::vector<std::int64_t> counts = train.ClassCounts();
  for (std::size_t label = 0; label < counts.size(); ++label) {
    RETURN_IF_ERROR(CheckText(path + ": name of a class", train.class_names[label]));
    if (counts[label] == 0) {
      return absl::InvalidArgumentError(absl::StrCat(path, ": class \"", train.class_names[label],
                                                     "\" has no images to train on"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TrainingData> OpenDataset(const std::string& path, const DatasetOptions& options) {
  RETURN_IF_ERROR(CheckText("path of the images", path));
  RETURN_IF_ERROR(CheckText("path of the images to validate on", options.validation_path));
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) {
    return absl::NotFoundError(absl::StrCat(path, ": expected a folder or a file, found nothing"));
  }
  ASSIGN_OR_RETURN(TrainingData data,
                   fs::is_directory(status) ? OpenFolder(path, options) : OpenFile(path, options));
  RETURN_IF_ERROR(CheckClasses(path, data.train));
  return data;
}

}  // namespace avocet
