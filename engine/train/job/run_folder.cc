#include "engine/train/job/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/checkpoint/atomic_file.h"

namespace avocet {
namespace {

namespace fs = std::filesystem;

constexpr char kLast[] = "last";
constexpr char kBest[] = "best";

absl::Status SystemError(int error, const fs::path& path, const char* what) {
  return absl::ErrnoToStatus(error, absl::StrCat(path.string(), ": ", what));
}

absl::Status MakeFolders(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  return error ? SystemError(error.value(), path, "cannot create") : absl::OkStatus();
}

// The lock file's descriptor, which holds the lock until it is closed: also when the process dies.
absl::StatusOr<int> Lock(const fs::path& file) {
  const int descriptor = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor < 0) return SystemError(errno, file, "cannot create");
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    const int reason = errno;
    char holder[32] = {};
    const ssize_t length = read(descriptor, holder, sizeof(holder) - 1);
    close(descriptor);
    if (reason != EWOULDBLOCK) return SystemError(reason, file, "cannot lock");
    return absl::FailedPreconditionError(
        absl::StrCat(file.parent_path().string(), ": another process trains here",
                     length > 0 ? absl::StrCat(", number ", holder) : std::string()));
  }
  // For people only: a process id that cannot be written harms nothing.
  const std::string id = std::to_string(getpid());
  if (ftruncate(descriptor, 0) != 0 || write(descriptor, id.data(), id.size()) < 0)
    return descriptor;
  return descriptor;
}

}  // namespace

absl::StatusOr<RunFolder> RunFolder::Open(const std::string& path) {
  const fs::path folder(path);
  RETURN_IF_ERROR(MakeFolders(folder / "checkpoints"));
  ASSIGN_OR_RETURN(const int lock, Lock(folder / "lock"));
  RunFolder run(folder, lock);
  run.RemoveUnused();
  return run;
}

RunFolder::RunFolder(RunFolder&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}

RunFolder::~RunFolder() {
  if (lock_ >= 0) close(lock_);
}

fs::path RunFolder::Target(const char* link) const {
  std::error_code ignored;
  const fs::path target = fs::read_symlink(checkpoints() / link, ignored);
  return target.empty() ? fs::path() : checkpoints() / target;
}

absl::Status RunFolder::PointTo(const std::string& link, const std::string& target) const {
  const fs::path place = path_ / link;
  const fs::path temporary =
      place.parent_path() / absl::StrCat(".", place.filename().string(), ".tmp");
  std::error_code error;
  fs::remove(temporary, error);
  fs::create_symlink(target, temporary, error);
  if (error) return SystemError(error.value(), temporary, "cannot create");
  if (std::rename(temporary.c_str(), place.c_str()) != 0) {
    return SystemError(errno, place, "cannot replace");
  }
  return SyncFolder(place.parent_path().string());
}

void RunFolder::RemoveUnused() const {
  std::error_code ignored;
  const std::set<fs::path> used = {fs::read_symlink(checkpoints() / kLast, ignored),
                                   fs::read_symlink(checkpoints() / kBest, ignored)};
  std::set<fs::path> unused;
  for (const fs::directory_entry& entry : fs::directory_iterator(checkpoints(), ignored)) {
    const fs::path name = entry.path().filename();
    if (name != kLast && name != kBest && !used.contains(name)) unused.insert(entry.path());
  }
  for (const fs::path& path : unused) fs::remove_all(path, ignored);
}

absl::Status RunFolder::Save(std::int64_t step, bool best,
                             const std::function<absl::Status(const fs::path& folder)>& write) {
  // A run that is stopped and resumed may come to the same step twice, and the folder of the first
  // time is in use until the link has another target.
  std::string name = absl::StrCat("step-", step);
  std::error_code ignored;
  for (int again = 1; fs::exists(fs::symlink_status(checkpoints() / name, ignored)); ++again) {
    name = absl::StrCat("step-", step, "-", again);
  }
  const fs::path temporary = checkpoints() / absl::StrCat(".", name, ".tmp");
  const auto attempt = [&]() -> absl::Status {
    fs::remove_all(temporary, ignored);
    RETURN_IF_ERROR(MakeFolders(temporary));
    RETURN_IF_ERROR(write(temporary));
    RETURN_IF_ERROR(SyncFolder(temporary.string()));
    if (std::rename(temporary.c_str(), (checkpoints() / name).c_str()) != 0) {
      return SystemError(errno, checkpoints() / name, "cannot create");
    }
    RETURN_IF_ERROR(SyncFolder(checkpoints().string()));
    if (best) RETURN_IF_ERROR(PointTo("checkpoints/best", name));
    RETURN_IF_ERROR(PointTo("checkpoints/last", name));
    if (fs::exists(fs::symlink_status(path_ / "model", ignored))) return absl::OkStatus();
    return PointTo("model", "checkpoints/last/model");
  };
  const absl::Status status = attempt();
  RemoveUnused();
  return status;
}

}  // namespace avocet
