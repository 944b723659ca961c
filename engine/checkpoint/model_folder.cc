#include "engine/checkpoint/model_folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
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

// A folder under construction in `model`, of a name that servers pass over; gone with this object
// unless it became another.
class StagingFolder {
 public:
  static absl::StatusOr<StagingFolder> Create(const fs::path& model) {
    static std::atomic<std::uint64_t> counter{0};
    while (true) {
      const fs::path path = model / absl::StrCat(".", getpid(), ".", counter++, ".tmp");
      if (mkdir(path.c_str(), 0777) == 0) return StagingFolder(path);
      // A process of the same id that crashed may have left that name.
      if (errno != EEXIST) {
        return absl::ErrnoToStatus(errno, absl::StrCat(path.string(), ": cannot create"));
      }
    }
  }
  StagingFolder(StagingFolder&& other) noexcept : path_(std::exchange(other.path_, fs::path())) {}
  StagingFolder& operator=(StagingFolder&&) = delete;
  StagingFolder& operator=(const StagingFolder&) = delete;
  ~StagingFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }
  // Whether it became `folder`; not where something else is there, but for an empty folder.
  absl::StatusOr<bool> Become(const fs::path& folder) {
    if (std::rename(path_.c_str(), folder.c_str()) == 0) {
      path_.clear();
      return true;
    }
    if (errno == ENOTEMPTY || errno == EEXIST) return false;
    return absl::ErrnoToStatus(errno, absl::StrCat(folder.string(), ": cannot create"));
  }

 private:
  explicit StagingFolder(fs::path path) : path_(std::move(path)) {}

  fs::path path_;
};

absl::Status ExistsError(const fs::path& folder) {
  return absl::AlreadyExistsError(absl::StrCat(
      folder.string(), ": is there already; choose another version, or remove it first"));
}

}  // namespace

absl::Status CheckModelFolder(const ModelFolderName& where) {
  RETURN_IF_ERROR(CheckName(where));
  // The folder itself, or the nearest on the way to it that there is.
  std::error_code error;
  fs::path folder = fs::absolute(fs::path(where.models) / where.name, error).lexically_normal();
  while (!fs::exists(folder, error) && folder.has_relative_path()) folder = folder.parent_path();
  if (fs::exists(folder, error) && !fs::is_directory(folder, error)) {
    return absl::InvalidArgumentError(absl::StrCat(folder.string(), ": is no folder"));
  }
  // What may be written is best known to who tries.
  const absl::StatusOr<StagingFolder> trial = StagingFolder::Create(folder);
  if (trial.ok()) return absl::OkStatus();
  return {trial.status().code(),
          absl::StrCat(folder.string(), ": cannot write: ", trial.status().message())};
}

absl::StatusOr<std::string> WriteModelFolder(const ModelFolderName& where,
                                             const ModelConfig& config,
                                             std::vector<TensorToWrite> tensors,
                                             const Quantization* quantization,
                                             const Metadata& metadata) {
  RETURN_IF_ERROR(CheckName(where));
  const fs::path model = fs::path(where.models) / where.name;
  RETURN_IF_ERROR(CreateFolders(model));
  std::error_code ignored;
  if (where.version) {
    const fs::path folder = model / std::to_string(*where.version);
    if (fs::exists(fs::symlink_status(folder, ignored))) return ExistsError(folder);
  }
  ASSIGN_OR_RETURN(StagingFolder staging, StagingFolder::Create(model));
  RETURN_IF_ERROR(WriteModelConfig(staging.path().string(), config));
  RETURN_IF_ERROR(
      WriteSafetensors(staging.path() / "model.safetensors", std::move(tensors), metadata));
  if (quantization != nullptr) {
    RETURN_IF_ERROR(WriteQuantization(staging.path().string(), *quantization));
  }
  while (true) {
    std::int64_t version = where.version.value_or(0);
    if (!where.version) {
      ASSIGN_OR_RETURN(version, NextVersion(model));
    }
    const fs::path folder = model / std::to_string(version);
    ASSIGN_OR_RETURN(const bool there, staging.Become(folder));
    if (there) {
      RETURN_IF_ERROR(SyncFolder(model.string()));
      return folder.string();
    }
    // Somebody else made this version meanwhile. Whoever just wants the next one takes the next.
    if (where.version) return ExistsError(folder);
  }
}

}  // namespace avocet
