#include "engine/tool/image_files.h"

#include <algorithm>
#include <filesystem>
#include <random>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace avocet {
namespace {

namespace fs = std::filesystem;

bool LooksLikeAnImage(const fs::path& path) {
  constexpr const char* kEndings[] = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"};
  const std::string ending = absl::AsciiStrToLower(path.extension().string());
  return std::ranges::find(kEndings, ending) != std::end(kEndings);
}

absl::Status Unreadable(const std::string& folder, const std::error_code& error) {
  return absl::ErrnoToStatus(error.value(), absl::StrCat(folder, ": cannot read"));
}

}  // namespace

absl::StatusOr<std::vector<ImageFile>> ListImageFiles(const std::string& folder) {
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, fs::directory_options::follow_directory_symlink,
                                         error);
  std::vector<fs::path> paths;
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    const bool hidden = entry->path().filename().string().starts_with('.');
    std::error_code vanished;
    if (hidden) {
      entry.disable_recursion_pending();
    } else if (LooksLikeAnImage(entry->path()) && entry->is_regular_file(vanished)) {
      paths.push_back(entry->path());
    }
  }
  if (error) return Unreadable(folder, error);
  if (paths.empty()) {
    return absl::NotFoundError(
        absl::StrCat(folder, ": expected pictures (.jpg, .png, .webp, .bmp, .tif), found none"));
  }
  std::ranges::sort(paths);
  std::vector<ImageFile> files;
  for (const fs::path& path : paths) {
    const fs::path below = path.lexically_relative(folder);
    const bool in_folder = std::next(below.begin()) != below.end();
    files.push_back({path.string(), in_folder ? below.begin()->string() : ""});
  }
  return files;
}

std::vector<ImageFile> Sample(std::vector<ImageFile> files, std::size_t count, unsigned seed) {
  // Fisher and Yates, by hand: std::shuffle may differ between libraries.
  std::mt19937 random(seed);
  for (std::size_t i = files.size(); i > 1; --i) std::swap(files[i - 1], files[random() % i]);
  files.resize(std::min(files.size(), count));
  return files;
}

}  // namespace avocet
