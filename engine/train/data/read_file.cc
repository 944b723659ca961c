#include "engine/train/data/read_file.h"

#include <span>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/checkpoint/file_reader.h"

namespace avocet {

absl::Status ReadFile(const std::string& path, std::uint64_t max_bytes, std::string* content) {
  ASSIGN_OR_RETURN(FileReader reader, FileReader::Open(path));
  if (reader.size() > max_bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": expected at most ", max_bytes, " bytes, found ", reader.size()));
  }
  content->resize(reader.size());
  return reader.Read(std::as_writable_bytes(std::span(*content)));
}

}  // namespace avocet
