// Files without a name, which are gone with the process.
#ifndef AVOCET_ENGINE_TRAIN_JOB_UNNAMED_FILE_H_
#define AVOCET_ENGINE_TRAIN_JOB_UNNAMED_FILE_H_

#include <string>

#include "absl/status/statusor.h"

namespace avocet {

// How a file comes to have no name.
enum class UnnamedBy {
  kTmpfile,  // it never has one: O_TMPFILE, which some file systems lack, NFS among them
  kUnlink,   // it loses it at once
};

// Opens a new file in `folder` to read and write; the caller closes the descriptor. The system's
// error, with the folder.
absl::StatusOr<int> OpenUnnamedFile(const std::string& folder, UnnamedBy way);

// The same in `folder` in the first way that works, and otherwise where temporary files belong:
// $TMPDIR, or /tmp. The error is that of `folder`.
absl::StatusOr<int> OpenUnnamedFile(const std::string& folder);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_JOB_UNNAMED_FILE_H_
