#include "engine/checkpoint/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/base/status.h"

namespace avocet {
namespace {

// One system call moves at most about 2 GiB.
constexpr std::size_t kMaxWriteBytes = std::size_t{1} << 30;

constexpr mode_t kMode = 0666;  // less the process's umask, as for any new file

// A name beside `path` that no other writer has, hidden from whoever lists the folder.
std::string TemporaryName(const std::string& path) {
  static std::atomic<std::uint64_t> counter{0};
  const std::filesystem::path target(path);
  const std::string name =
      absl::StrCat(".", target.filename().string(), ".", getpid(), ".", counter++, ".tmp");
  return (target.parent_path() / name).string();
}

}  // namespace

absl::StatusOr<AtomicFile> AtomicFile::Create(const std::string& path) {
  while (true) {
    std::string temporary = TemporaryName(path);
    const int descriptor = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kMode);
    if (descriptor >= 0) return AtomicFile(path, std::move(temporary), descriptor);
    // A process of the same id that crashed may have left that name.
    if (errno != EEXIST) return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot create"));
  }
}

AtomicFile::AtomicFile(std::string path, std::string temporary, int descriptor)
    : path_(std::move(path)), temporary_(std::move(temporary)), descriptor_(descriptor) {}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

AtomicFile::~AtomicFile() {
  if (descriptor_ >= 0) close(descriptor_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

absl::Status AtomicFile::Write(std::span<const std::byte> bytes) {
  AVOCET_CHECK(descriptor_ >= 0);
  while (!bytes.empty()) {
    const ssize_t count = write(descriptor_, bytes.data(), std::min(bytes.size(), kMaxWriteBytes));
    if (count < 0) {
      if (errno == EINTR) continue;
      return absl::ErrnoToStatus(errno, absl::StrCat(path_, ": cannot write"));
    }
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return absl::OkStatus();
}

absl::Status AtomicFile::Commit() {
  AVOCET_CHECK(descriptor_ >= 0);
  if (fsync(descriptor_) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat(path_, ": cannot write"));
  }
  // Network file systems report a full disk here.
  if (close(std::exchange(descriptor_, -1)) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat(path_, ": cannot write"));
  }
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat(path_, ": cannot replace"));
  }
  temporary_.clear();
  return SyncFolder(std::filesystem::path(path_).parent_path().string());
}

absl::Status WriteFileAtomically(const std::string& path, std::string_view content) {
  ASSIGN_OR_RETURN(AtomicFile file, AtomicFile::Create(path));
  RETURN_IF_ERROR(file.Write(std::as_bytes(std::span(content))));
  return file.Commit();
}

absl::Status SyncFolder(const std::string& folder) {
  const std::string path = folder.empty() ? "." : folder;
  const int descriptor = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot open"));
  const int error = fsync(descriptor) == 0 ? 0 : errno;
  close(descriptor);
  // Some file systems have no such operation for folders.
  if (error == 0 || error == EINVAL) return absl::OkStatus();
  return absl::ErrnoToStatus(error, absl::StrCat(path, ": cannot write"));
}

}  // namespace avocet
