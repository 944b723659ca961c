#include "engine/checkpoint/file_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"

namespace avocet {
namespace {

// One system call moves at most about 2 GiB.
constexpr std::size_t kMaxReadBytes = std::size_t{1} << 30;

}  // namespace

absl::StatusOr<FileReader> FileReader::Open(const std::string& path) {
  // Without O_NONBLOCK, opening a pipe would wait for its writer.
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot open"));
  FileReader reader(path, descriptor, 0);
  struct stat status = {};
  if (fstat(descriptor, &status) != 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat(path, ": cannot read its size"));
  }
  if (!S_ISREG(status.st_mode)) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": not a regular file"));
  }
  reader.size_ = static_cast<std::uint64_t>(status.st_size);
  return reader;
}

FileReader::FileReader(std::string path, int descriptor, std::uint64_t size)
    : path_(std::move(path)), descriptor_(descriptor), size_(size) {}

FileReader::FileReader(FileReader&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      size_(other.size_) {}

FileReader::~FileReader() {
  if (descriptor_ >= 0) close(descriptor_);
}

absl::Status FileReader::Read(std::span<std::byte> destination) {
  while (!destination.empty()) {
    const ssize_t count =
        read(descriptor_, destination.data(), std::min(destination.size(), kMaxReadBytes));
    if (count < 0) {
      if (errno == EINTR) continue;
      return absl::ErrnoToStatus(errno, absl::StrCat(path_, ": cannot read"));
    }
    if (count == 0) {
      return absl::DataLossError(absl::StrCat(path_, ": the file ended ", destination.size(),
                                              " bytes early; it shrank while it was read"));
    }
    destination = destination.subspan(static_cast<std::size_t>(count));
  }
  return absl::OkStatus();
}

}  // namespace avocet
