// Reads regular files with errors that name them.
#ifndef AVOCET_ENGINE_CHECKPOINT_FILE_READER_H_
#define AVOCET_ENGINE_CHECKPOINT_FILE_READER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace avocet {

// An open regular file, read from front to back.
class FileReader {
 public:
  // NOT_FOUND, PERMISSION_DENIED, ...: the system's reason; INVALID_ARGUMENT if `path` is a
  // directory, a pipe or a device.
  static absl::StatusOr<FileReader> Open(const std::string& path);

  FileReader(FileReader&& other) noexcept;
  FileReader& operator=(FileReader&&) = delete;
  ~FileReader();

  // Bytes at the time of opening.
  std::uint64_t size() const { return size_; }
  // Fills `destination` with the next bytes. DATA_LOSS if the file has shrunk meanwhile.
  absl::Status Read(std::span<std::byte> destination);

 private:
  FileReader(std::string path, int descriptor, std::uint64_t size);

  std::string path_;
  int descriptor_;
  std::uint64_t size_;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_CHECKPOINT_FILE_READER_H_
