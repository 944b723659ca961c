// Files that appear whole or not at all.
#ifndef AVOCET_ENGINE_CHECKPOINT_ATOMIC_FILE_H_
#define AVOCET_ENGINE_CHECKPOINT_ATOMIC_FILE_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace avocet {

// A file under construction, beside the one that it will replace. Until `Commit`, whatever was at
// the path stays as it is; without a `Commit`, also after an error, nothing is left behind.
class AtomicFile {
 public:
  // NOT_FOUND, PERMISSION_DENIED, ...: the system's reason, with the path.
  static absl::StatusOr<AtomicFile> Create(const std::string& path);

  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile();

  // Appends. RESOURCE_EXHAUSTED for a full disk, or another system error.
  absl::Status Write(std::span<const std::byte> bytes);
  // Waits until the bytes are on the disk, then puts them in the place of the path. Once at most,
  // and nothing can be written after it.
  absl::Status Commit();

 private:
  AtomicFile(std::string path, std::string temporary, int descriptor);

  std::string path_;
  std::string temporary_;  // empty once it is renamed
  int descriptor_;
};

// Writes a whole file through AtomicFile.
absl::Status WriteFileAtomically(const std::string& path, std::string_view content);

// Waits until the entries of a folder are on the disk: the names of what was created or renamed.
absl::Status SyncFolder(const std::string& folder);

}  // namespace avocet

#endif  // AVOCET_ENGINE_CHECKPOINT_ATOMIC_FILE_H_
