#include "client/command/image_paths.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

namespace avocet {
namespace {

namespace fs = std::filesystem;

bool HasImageExtension(const fs::path& path) {
  constexpr std::array<std::string_view, 8> kExtensions = {".jpg",  ".jpeg", ".jpe", ".png",
                                                           ".webp", ".bmp",  ".tif", ".tiff"};
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::find(kExtensions.begin(), kExtensions.end(), extension) != kExtensions.end();
}

absl::Status ToStatus(const std::error_code& error) {
  return absl::Status(absl::ErrnoToStatusCode(error.value()), error.message());
}

// Adds the images below `directory`, and an entry for each subdirectory that cannot be read.
void AddImagesBelow(const fs::path& directory, std::vector<ImagePath>& found) {
  std::error_code error;
  fs::directory_iterator entry(directory, error);
  std::vector<fs::path> paths;
  for (const fs::directory_iterator end; !error && entry != end; entry.increment(error)) {
    paths.push_back(entry->path());
  }
  if (error) found.push_back({directory.string(), ToStatus(error)});
  std::sort(paths.begin(), paths.end());
  for (const fs::path& path : paths) {
    std::error_code ignored;  // what is neither is found out when it is read
    if (fs::is_directory(fs::symlink_status(path, ignored))) {
      AddImagesBelow(path, found);
    } else if (HasImageExtension(path) && !fs::is_directory(path, ignored)) {
      found.push_back({path.string(), absl::OkStatus()});
    }
  }
}

}  // namespace

std::vector<ImagePath> FindImages(const std::vector<std::string>& arguments) {
  std::vector<ImagePath> images;
  for (const std::string& argument : arguments) {
    std::error_code ignored;
    if (argument == kStandardInput || !fs::is_directory(argument, ignored)) {
      images.push_back({argument, absl::OkStatus()});
      continue;
    }
    const size_t before = images.size();
    AddImagesBelow(argument, images);
    if (images.size() == before) {
      images.push_back(
          {argument, absl::NotFoundError("no images in this directory: expected names that end in "
                                         ".jpg, .jpeg, .jpe, .png, .webp, .bmp, .tif or .tiff")});
    }
  }
  return images;
}

}  // namespace avocet
