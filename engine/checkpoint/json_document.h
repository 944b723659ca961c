// Strict reading of small JSON files.
#ifndef AVOCET_ENGINE_CHECKPOINT_JSON_DOCUMENT_H_
#define AVOCET_ENGINE_CHECKPOINT_JSON_DOCUMENT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

namespace avocet {

// Label names and descriptions of 21 000 classes take 2 MB.
inline constexpr std::uint64_t kMaxJsonBytes = 16 << 20;
inline constexpr int kMaxJsonDepth = 32;

// The content of the file `path`, whose errors begin with the path: the system's if it cannot be
// read, INVALID_ARGUMENT if it is larger than kMaxJsonBytes.
absl::StatusOr<std::string> ReadTextFile(const std::string& path);

// The document `text` of the file `path`, with errors as ReadJsonFile has them.
absl::StatusOr<nlohmann::json> ParseJson(const std::string& text, const std::string& path);

// The document in the file `path`. Its errors begin with the path: the system's if the file cannot
// be read, INVALID_ARGUMENT if it is larger or deeper than the limits, is not JSON, or gives one
// object the same key twice.
absl::StatusOr<nlohmann::json> ReadJsonFile(const std::string& path);

}  // namespace avocet

#endif  // AVOCET_ENGINE_CHECKPOINT_JSON_DOCUMENT_H_
