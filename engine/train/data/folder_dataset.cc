#include "engine/train/data/folder_dataset.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/train/data/natural_order.h"

namespace avocet {
namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, 7> kExtensions = {".jpg", ".jpeg", ".png", ".webp",
                                                    ".bmp", ".tif",  ".tiff"};

absl::Status Unreadable(const fs::path& path, const std::error_code& error) {
  return absl::ErrnoToStatus(error.value(), absl::StrCat("cannot read ", path.string()));
}

bool IsHidden(const fs::path& path) { return absl::StartsWith(path.filename().string(), "."); }

struct Entries {
  std::vector<fs::path> folders;
  std::vector<fs::path> images;
};

absl::StatusOr<Entries> List(const fs::path& folder) {
  std::error_code error;
  Entries entries;
  fs::directory_iterator iterator(folder, error);
  for (; !error && iterator != fs::directory_iterator(); iterator.increment(error)) {
    const fs::path& path = iterator->path();
    if (IsHidden(path)) continue;
    std::error_code broken_link;  // it has no kind, and is none of ours
    if (iterator->is_directory(broken_link)) {
      entries.folders.push_back(path);
    } else if (HasImageExtension(path.string())) {
      // A broken link or a pipe that claims to be an image is reported as unreadable later.
      entries.images.push_back(path);
    }
  }
  if (error) return Unreadable(folder, error);
  std::sort(entries.folders.begin(), entries.folders.end());
  std::sort(entries.images.begin(), entries.images.end());
  return entries;
}

// Adds the images below `folder`. `above` are the real paths of the folders on the way to it.
absl::Status Collect(const fs::path& folder, std::vector<fs::path>* above,
                     std::vector<std::string>* images) {
  std::error_code error;
  const fs::path real = fs::canonical(folder, error);
  if (error) return Unreadable(folder, error);
  if (std::find(above->begin(), above->end(), real) != above->end()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Entries entries, List(folder));
  for (const fs::path& image : entries.images) images->push_back(image.string());
  above->push_back(real);
  for (const fs::path& child : entries.folders) RETURN_IF_ERROR(Collect(child, above, images));
  above->pop_back();
  return absl::OkStatus();
}

// Class folders with their images, the empty ones left out.
using ClassImages = std::vector<std::pair<std::string, std::vector<std::string>>>;

absl::StatusOr<ClassImages> CollectClasses(const std::string& folder) {
  ASSIGN_OR_RETURN(const Entries entries, List(folder));
  std::error_code error;
  std::vector<fs::path> above = {fs::canonical(folder, error)};
  if (error) return Unreadable(folder, error);
  ClassImages classes;
  for (const fs::path& child : entries.folders) {
    std::vector<std::string> images;
    RETURN_IF_ERROR(Collect(child, &above, &images));
    if (!images.empty()) classes.emplace_back(child.filename().string(), std::move(images));
  }
  if (classes.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(folder, ": expected folders of images, one a class; found ",
                     entries.folders.size(), " folders without images and ", entries.images.size(),
                     " images that are in no folder of their own"));
  }
  std::sort(classes.begin(), classes.end(),
            [](const auto& a, const auto& b) { return NaturalLess(a.first, b.first); });
  return classes;
}

void AddSamples(const std::vector<std::string>& images, std::size_t label, Dataset* dataset) {
  for (const std::string& image : images) {
    dataset->samples.push_back({image, /*index=*/-1, static_cast<int>(label)});
  }
}

}  // namespace

bool HasImageExtension(const std::string& path) {
  return std::any_of(kExtensions.begin(), kExtensions.end(), [&path](const char* extension) {
    return absl::EndsWithIgnoreCase(path, extension);
  });
}

absl::StatusOr<Dataset> ReadFolders(const std::string& folder) {
  ASSIGN_OR_RETURN(const ClassImages classes, CollectClasses(folder));
  Dataset dataset;
  for (const auto& [name, images] : classes) {
    AddSamples(images, dataset.class_names.size(), &dataset);
    dataset.class_names.push_back(name);
  }
  return dataset;
}

absl::StatusOr<Dataset> ReadFolders(const std::string& folder,
                                    const std::vector<std::string>& class_names) {
  ASSIGN_OR_RETURN(const ClassImages classes, CollectClasses(folder));
  Dataset dataset;
  dataset.class_names = class_names;
  for (const auto& [name, images] : classes) {
    const auto found = std::find(class_names.begin(), class_names.end(), name);
    if (found == class_names.end()) {
      return absl::InvalidArgumentError(absl::StrCat(folder, ": class \"", name, "\" has ",
                                                     images.size(),
                                                     " images here but none to train on"));
    }
    AddSamples(images, static_cast<std::size_t>(found - class_names.begin()), &dataset);
  }
  return dataset;
}

}  // namespace avocet
