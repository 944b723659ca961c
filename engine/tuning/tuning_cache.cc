#include "engine/tuning/tuning_cache.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/tuning/tuning_file.h"

namespace avocet {
namespace {

// Some hundred networks, sizes and precisions; a bound, so that no bug lets the file grow for ever.
constexpr size_t kMaxEntries = 1000;

// An exclusive lock among processes while it lives. On a file of its own, since the cache's file is
// replaced, and a lock stays with what was there before.
class FileLock {
 public:
  static absl::StatusOr<FileLock> Acquire(const std::string& path) {
    const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (descriptor < 0) return absl::ErrnoToStatus(errno, absl::StrCat("cannot write ", path));
    FileLock lock(descriptor);
    while (flock(descriptor, LOCK_EX) != 0) {
      if (errno != EINTR) return absl::ErrnoToStatus(errno, absl::StrCat("cannot lock ", path));
    }
    return lock;
  }
  FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock() {
    if (descriptor_ >= 0) close(descriptor_);
  }

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

std::string LockPath(const std::string& path) { return path + ".lock"; }

void Merge(std::vector<TuningEntry>& entries, const TuningKey& key, const PlanCosts& costs) {
  const auto found =
      std::ranges::find_if(entries, [&](const TuningEntry& entry) { return entry.first == key; });
  TuningEntry merged(key, costs);
  if (found != entries.end()) {
    if (!costs.lone) merged.second.lone = found->second.lone;
    if (costs.batches.empty()) merged.second.batches = std::move(found->second.batches);
    entries.erase(found);
  }
  entries.push_back(std::move(merged));
  if (entries.size() > kMaxEntries) {
    entries.erase(entries.begin(), entries.end() - static_cast<std::ptrdiff_t>(kMaxEntries));
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<TuningCache>> TuningCache::Open(std::string path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code error;
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  if (error) {
    return absl::ErrnoToStatus(error.value(),
                               absl::StrCat("cannot create the folder ", folder.string()));
  }
  // Whether one can write there shows now, not after the first measurement.
  RETURN_IF_ERROR(FileLock::Acquire(LockPath(path)).status());
  std::unique_ptr<TuningCache> cache(new TuningCache(std::move(path)));
  absl::StatusOr<std::vector<TuningEntry>> entries = ReadTuningFile(cache->path_);
  if (entries.ok()) {
    cache->entries_ = *std::move(entries);
  } else if (!absl::IsNotFound(entries.status())) {
    cache->problem_ = std::string(entries.status().message());
  }
  return cache;
}

std::unique_ptr<TuningCache> TuningCache::InMemory() {
  return std::unique_ptr<TuningCache>(new TuningCache(""));
}

std::optional<PlanCosts> TuningCache::Find(const TuningKey& key) const {
  const std::lock_guard lock(mutex_);
  const auto found =
      std::ranges::find_if(entries_, [&](const TuningEntry& entry) { return entry.first == key; });
  if (found == entries_.end()) return std::nullopt;
  return found->second;
}

absl::Status TuningCache::Store(const TuningKey& key, const PlanCosts& costs) {
  const std::lock_guard lock(mutex_);
  Merge(entries_, key, costs);
  if (path_.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const FileLock file_lock, FileLock::Acquire(LockPath(path_)));
  absl::StatusOr<std::vector<TuningEntry>> entries = ReadTuningFile(path_);
  // What cannot be understood is replaced by what this process knows.
  if (entries.ok()) {
    Merge(*entries, key, costs);
    entries_ = *std::move(entries);
  }
  return WriteTuningFile(path_, entries_);
}

std::string DefaultTuningCachePath() {
  constexpr char kName[] = "avocet/tuning.json";
  // A relative path is to be disregarded, says the XDG base directory specification.
  const char* const cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && cache[0] == '/') return absl::StrCat(cache, "/", kName);
  const char* const home = std::getenv("HOME");
  if (home != nullptr && home[0] == '/') return absl::StrCat(home, "/.cache/", kName);
  return {};
}

}  // namespace avocet
