#include "engine/tool/output_folder.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace avocet {
namespace {

// Absolute, so that every part has a name, and without a slash at the end.
std::filesystem::path Whole(const std::string& path) {
  const auto whole = std::filesystem::absolute(path).lexically_normal();
  return whole.has_filename() ? whole : whole.parent_path();
}

ModelFolderName Next(const std::filesystem::path& model) {
  return {model.parent_path().string(), model.filename().string(), std::nullopt};
}

}  // namespace

ModelFolderName NextVersionOf(const std::string& output) { return Next(Whole(output)); }

absl::StatusOr<ModelFolderName> NextVersionBeside(const std::string& model_dir) {
  const std::filesystem::path folder = Whole(model_dir);
  if (!std::ranges::all_of(folder.filename().string(), [](char c) {
        return absl::ascii_isdigit(static_cast<unsigned char>(c));
      })) {
    return absl::InvalidArgumentError(
        absl::StrCat(model_dir,
                     ": expected MODELS/NAME/VERSION, to write the next version beside "
                     "it; for another place give --output MODELS/NAME"));
  }
  return Next(folder.parent_path());
}

}  // namespace avocet
