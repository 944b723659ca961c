#include "server/folder_state.h"

#include <algorithm>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace avocet {

namespace fs = std::filesystem;

std::string FolderState(const fs::path& folder) {
  std::vector<std::string> files;
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    std::error_code unreadable;  // file_size's result is then -1
    const auto size = static_cast<std::int64_t>(fs::file_size(entries->path(), unreadable));
    const auto time = fs::last_write_time(entries->path(), unreadable).time_since_epoch().count();
    files.push_back(absl::StrCat(entries->path().filename().string(), "/", size, "/", time));
  }
  std::ranges::sort(files);
  return absl::StrJoin(files, "\n");
}

}  // namespace avocet
