// The file format of MNIST: arrays of bytes with big-endian sizes.
#ifndef AVOCET_ENGINE_TRAIN_DATA_IDX_FILE_H_
#define AVOCET_ENGINE_TRAIN_DATA_IDX_FILE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace avocet {

struct IdxArray {
  std::vector<std::int64_t> shape;
  std::vector<std::uint8_t> bytes;  // row by row
};

// Reads an IDX file of unsigned bytes with `dimensions` dimensions, plain or compressed by gzip
// (told apart by content). INVALID_ARGUMENT, naming the file, for another element type or number of
// dimensions, for sizes that do not fit the file exactly, and beyond 4 GiB; the system's reason
// when it cannot be read.
absl::StatusOr<IdxArray> ReadIdx(const std::string& path, int dimensions);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_DATA_IDX_FILE_H_
