#include "engine/checkpoint/model_folder.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/checkpoint/atomic_file.h"
#include "engine/checkpoint/model_config_writer.h"
#include "engine/checkpoint/quantization_file.h"

namespace avocet {
namespace {

namespace fs = std::filesystem;

absl::Status CheckName(const ModelFolderName& where) {
  const std::string& name = where.name;
  if (name.empty() || name.starts_with('.') || name.find('/') != std::string::npos ||
      name.find('\0') != std::string::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected a model's name without / and not beginning with a dot, found \"",
                     absl::Utf8SafeCEscape(name), "\""));
  }
  if (where.version && *where.version < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected a version from 1, found ", *where.version));
  }
  return absl::OkStatus();
}

// One more than the highest version in `model`, an existing folder.
absl::StatusOr<std::int64_t> NextVersion(const fs::path& model) {
  std::error_code error;
  std::int64_t highest = 0;
  fs::directory_iterator entries(model, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    const std::string name = entries->path().filename().string();
    std::int64_t version = 0;
    const char* const end = name.data() + name.size();
    const auto [parsed, problem] = std::from_chars(name.data(), end, version);
    if (problem == std::errc() && parsed == end) highest = std::max(highest, version);
  }
  if (error) {
    return absl::ErrnoToStatus(error.value(), absl::StrCat(model.string(), ": cannot read"));
  }
  return highest + 1;
}

absl::Status CreateFolders(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error) return absl::OkStatus();
  return absl::ErrnoToStatus(error.value(), absl::StrCat(folder.string(), ": cannot create"));
}

// A folder under construction; gone with this object unless it was renamed.
class StagingFolder {
 public:
  explicit StagingFolder(fs::path path) : path_(std::move(path)) {}
  StagingFolder(const StagingFolder&) = delete;
  StagingFolder& operator=(const StagingFolder&) = delete;
  ~StagingFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

}  // namespace

absl::StatusOr<std::string> WriteModelFolder(const ModelFolderName& where,
                                             const ModelConfig& config,
                                             std::vector<TensorToWrite> tensors,
                                             const Quantization* quantization,
                                             const Metadata& metadata) {
  RETURN_IF_ERROR(CheckName(where));
  const fs::path model = fs::path(where.models) / where.name;
  RETURN_IF_ERROR(CreateFolders(model));
  std::int64_t version = 0;
  if (where.version) {
    version = *where.version;
  } else {
    ASSIGN_OR_RETURN(version, NextVersion(model));
  }
  const fs::path folder = model / std::to_string(version);
  const auto exists = [&] {
    return absl::AlreadyExistsError(absl::StrCat(
        folder.string(), ": is there already; choose another version, or remove it first"));
  };
  std::error_code ignored;
  if (fs::exists(fs::symlink_status(folder, ignored))) return exists();

  const StagingFolder staging(model / absl::StrCat(".", version, ".", getpid(), ".tmp"));
  RETURN_IF_ERROR(CreateFolders(staging.path()));
  RETURN_IF_ERROR(WriteModelConfig(staging.path().string(), config));
  RETURN_IF_ERROR(
      WriteSafetensors(staging.path() / "model.safetensors", std::move(tensors), metadata));
  if (quantization != nullptr) {
    RETURN_IF_ERROR(WriteQuantization(staging.path().string(), *quantization));
  }
  // Another process may have made the same version meanwhile: renaming replaces an empty folder
  // only.
  if (std::rename(staging.path().c_str(), folder.c_str()) != 0) {
    if (errno == ENOTEMPTY || errno == EEXIST) return exists();
    return absl::ErrnoToStatus(errno, absl::StrCat(folder.string(), ": cannot create"));
  }
  RETURN_IF_ERROR(SyncFolder(model.string()));
  return folder.string();
}

}  // namespace avocet
