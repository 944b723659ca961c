#include "server/model_folders.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <string_view>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "server/clock.h"
#include "server/process_metrics.h"

namespace avocet {
namespace {

namespace fs = std::filesystem;

std::optional<int64_t> ParseVersion(std::string_view name) {
  int64_t version = 0;
  const char* const end = name.data() + name.size();
  const auto [parsed, error] = std::from_chars(name.data(), end, version);
  // "007" would make two folders one version.
  if (error != std::errc() || parsed != end || version <= 0 || name.front() == '0') {
    return std::nullopt;
  }
  return version;
}

// Names of the folders in `folder` that do not begin with a dot.
absl::StatusOr<std::vector<std::string>> Subfolders(const fs::path& folder) {
  std::error_code error;
  std::vector<std::string> names;
  fs::directory_iterator entries(folder, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    std::string name = entries->path().filename().string();
    std::error_code not_a_folder;
    if (entries->is_directory(not_a_folder) && !name.starts_with('.')) {
      names.push_back(std::move(name));
    }
  }
  if (error) {
    return absl::NotFoundError(
        absl::StrCat("cannot read the folder ", folder.string(), ": ", error.message()));
  }
  return names;
}

}  // namespace

absl::StatusOr<ModelListing> ListModelFolders(const fs::path& models) {
  ASSIGN_OR_RETURN(std::vector<std::string> names, Subfolders(models));
  std::ranges::sort(names);
  ModelListing listing;
  for (const std::string& name : names) {
    const absl::StatusOr<std::vector<std::string>> subfolders = Subfolders(models / name);
    if (!subfolders.ok()) {
      listing.passed_over.push_back(
          absl::StrCat("model \"", name, "\": ", subfolders.status().message()));
      continue;
    }
    ModelFolder folder{.name = name, .versions = {}};
    for (const std::string& subfolder : *subfolders) {
      if (const std::optional<int64_t> version = ParseVersion(subfolder)) {
        folder.versions.push_back(*version);
      } else {
        listing.passed_over.push_back(
            absl::StrCat((models / name / subfolder).string(), ": a version is a positive number"));
      }
    }
    std::ranges::sort(folder.versions, std::greater());
    if (folder.versions.empty()) {
      listing.passed_over.push_back(absl::StrCat("model \"", name,
                                                 "\": expected version folders such as ",
                                                 (models / name / "1").string(), ", found none"));
    } else {
      listing.folders.push_back(std::move(folder));
    }
  }
  return listing;
}

absl::StatusOr<std::shared_ptr<const ServedModel>> LoadVersion(const fs::path& models,
                                                               const std::string& name,
                                                               int64_t version,
                                                               const ModelLoader& load,
                                                               Metrics& metrics) {
  const TimePoint start = std::chrono::steady_clock::now();
  const int64_t resident_before = ResidentBytes();
  ASSIGN_OR_RETURN(std::shared_ptr<const ServedModel> model,
                   load(models / name / std::to_string(version), name, version));
  const double seconds = Seconds(std::chrono::steady_clock::now() - start);
  const std::string precision(PrecisionName(model->precision));
  metrics.SetModelLoadSeconds(name, version, seconds);
  metrics.SetModelInfo(name, version, model->architecture, precision);
  spdlog::info(
      "model \"{}\" version {}: {} in {}, {} x {} pixels, {} classes, {:.2f} million parameters, "
      "first plan ready after {:.2f} s, {:.1f} MB of packed weights, {:.1f} MB more resident",
      name, version, model->architecture, precision, model->preprocess.width,
      model->preprocess.height, model->num_classes,
      static_cast<double>(model->parameter_count) / 1e6, seconds,
      static_cast<double>(model->weight_bytes().packed) / 1e6,
      static_cast<double>(ResidentBytes() - resident_before) / 1e6);
  return model;
}

absl::StatusOr<std::vector<std::shared_ptr<const ServedModel>>> LoadModels(const fs::path& models,
                                                                           VersionPolicy policy,
                                                                           const ModelLoader& load,
                                                                           Metrics& metrics) {
  ASSIGN_OR_RETURN(const ModelListing listing, ListModelFolders(models));
  for (const std::string& what : listing.passed_over) spdlog::warn("passed over: {}", what);
  std::vector<std::shared_ptr<const ServedModel>> loaded;
  for (const ModelFolder& folder : listing.folders) {
    for (const int64_t version : folder.versions) {
      absl::StatusOr<std::shared_ptr<const ServedModel>> model =
          LoadVersion(models, folder.name, version, load, metrics);
      if (!model.ok()) {
        spdlog::error("model \"{}\" version {} is not served: {}", folder.name, version,
                      std::string(model.status().message()));
        continue;
      }
      loaded.push_back(*std::move(model));
      if (policy == VersionPolicy::kLatest) break;
    }
  }
  if (loaded.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("no model could be loaded from ", models.string(),
                     "; expected <name>/<version>/config.json and model.safetensors below it"));
  }
  return loaded;
}

}  // namespace avocet
