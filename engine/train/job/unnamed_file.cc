#include "engine/train/job/unnamed_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/str_cat.h"

namespace avocet {
namespace {

absl::StatusOr<int> OpenInAnyWay(const std::string& folder) {
  const absl::StatusOr<int> file = OpenUnnamedFile(folder, UnnamedBy::kTmpfile);
  return file.ok() ? file : OpenUnnamedFile(folder, UnnamedBy::kUnlink);
}

std::string TemporaryFolderOfSystem() {
  const char* const folder = std::getenv("TMPDIR");
  return folder == nullptr || *folder == '\0' ? "/tmp" : folder;
}

}  // namespace

absl::StatusOr<int> OpenUnnamedFile(const std::string& folder, UnnamedBy way) {
  int descriptor = -1;
  if (way == UnnamedBy::kTmpfile) {
    descriptor = open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  } else {
    std::string path = folder + "/.unnamed-XXXXXX";
    descriptor = mkostemp(path.data(), O_CLOEXEC);
    if (descriptor >= 0) unlink(path.c_str());
  }
  if (descriptor >= 0) return descriptor;
  return absl::ErrnoToStatus(errno, absl::StrCat(folder, ": cannot create a file"));
}

absl::StatusOr<int> OpenUnnamedFile(const std::string& folder) {
  const absl::StatusOr<int> file = OpenInAnyWay(folder);
  if (file.ok()) return file;
  const absl::StatusOr<int> elsewhere = OpenInAnyWay(TemporaryFolderOfSystem());
  return elsewhere.ok() ? elsewhere : file;
}

}  // namespace avocet
