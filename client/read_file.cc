#include "client/read_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace avocet {
namespace {

// In the system's own short words ("No such file or directory"), without absl::ErrnoToStatus's
// number.
absl::Status SystemError(int error) {
  return absl::Status(absl::ErrnoToStatusCode(error), std::strerror(error));
}

absl::Status TooLong(int64_t max_bytes) {
  return absl::InvalidArgumentError(absl::StrCat("longer than the limit of ", max_bytes, " bytes"));
}

}  // namespace

absl::StatusOr<std::string> ReadDescriptor(int descriptor, int64_t max_bytes) {
  struct stat info {};
  if (fstat(descriptor, &info) != 0) return SystemError(errno);
  if (S_ISDIR(info.st_mode))
    return absl::InvalidArgumentError("expected a file, found a directory");
  if (S_ISREG(info.st_mode) && info.st_size > max_bytes) return TooLong(max_bytes);

  std::string bytes;
  size_t size = 0;
  // One byte more than a regular file should have, so that its end is seen without growing.
  const auto first = static_cast<size_t>(S_ISREG(info.st_mode) ? info.st_size + 1 : 64 << 10);
  while (true) {
    if (size == bytes.size()) bytes.resize(std::max(first, 2 * size));
    const ssize_t n = read(descriptor, bytes.data() + size, bytes.size() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return SystemError(errno);
    if (n == 0) break;
    size += static_cast<size_t>(n);
    if (size > static_cast<size_t>(max_bytes)) return TooLong(max_bytes);
  }
  if (size == 0) return absl::InvalidArgumentError("empty: 0 bytes");
  bytes.resize(size);
  return bytes;
}

absl::StatusOr<std::string> ReadFile(const std::string& path, int64_t max_bytes) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return SystemError(errno);
  absl::StatusOr<std::string> bytes = ReadDescriptor(descriptor, max_bytes);
  close(descriptor);
  return bytes;
}

}  // namespace avocet
