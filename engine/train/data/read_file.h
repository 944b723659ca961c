// Whole files in memory.
#ifndef AVOCET_ENGINE_TRAIN_DATA_READ_FILE_H_
#define AVOCET_ENGINE_TRAIN_DATA_READ_FILE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"

namespace avocet {

// Reads a regular file into `content`, whose memory is reused. The system's reason when it cannot
// be read; INVALID_ARGUMENT when it has more than `max_bytes` or is no regular file. Messages name
// the path.
absl::Status ReadFile(const std::string& path, std::uint64_t max_bytes, std::string* content);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_DATA_READ_FILE_H_
