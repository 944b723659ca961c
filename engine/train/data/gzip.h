// Decompression of gzip, through zlib.
#ifndef AVOCET_ENGINE_TRAIN_DATA_GZIP_H_
#define AVOCET_ENGINE_TRAIN_DATA_GZIP_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace avocet {

// Whether the bytes begin as gzip does.
bool IsGzip(std::string_view bytes);

// All members of a gzip file, one after the other. INVALID_ARGUMENT for damage, an early end, bytes
// after the end that are no gzip, and more than `max_bytes`.
absl::StatusOr<std::string> Gunzip(std::string_view compressed, std::uint64_t max_bytes);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_DATA_GZIP_H_
