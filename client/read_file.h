// Reads a whole file, with a limit and with errors that say what is wrong.
#ifndef AVOCET_CLIENT_READ_FILE_H_
#define AVOCET_CLIENT_READ_FILE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace avocet {

// Bytes of the file or pipe at `path`. The messages leave the path to the caller, who knows how it
// was named. Errors: NOT_FOUND, PERMISSION_DENIED and so on from the system; INVALID_ARGUMENT when
// it is a directory, empty, or longer than `max_bytes`, of which no more is read than that.
absl::StatusOr<std::string> ReadFile(const std::string& path, int64_t max_bytes);

// The same from an open descriptor, which stays open.
absl::StatusOr<std::string> ReadDescriptor(int descriptor, int64_t max_bytes);

}  // namespace avocet

#endif  // AVOCET_CLIENT_READ_FILE_H_
