// The JSON header of a safetensors file.
#ifndef AVOCET_ENGINE_CHECKPOINT_SAFETENSORS_HEADER_H_
#define AVOCET_ENGINE_CHECKPOINT_SAFETENSORS_HEADER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/checkpoint/dtype.h"

namespace avocet {

// Limits on files of unknown origin, far above what any network needs.
inline constexpr std::size_t kMaxTensors = 65536;
inline constexpr std::size_t kMaxMetadataEntries = 65536;
inline constexpr std::size_t kMaxTensorNameBytes = 1024;
inline constexpr std::size_t kMaxTensorRank = 8;

// What the header says about one tensor.
struct TensorEntry {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0;  // [begin, end) bytes, from the end of the header
  std::uint64_t end = 0;
};

struct SafetensorsHeader {
  std::vector<TensorEntry> tensors;  // in the order of their data, which fills [0, last end)
  std::map<std::string, std::string> metadata;
};

// Parses and checks everything that the header alone can show: strict JSON without duplicate or
// unknown keys, the limits above, known dtypes, and data ranges that follow one another without
// holes and agree with dtype and shape. INVALID_ARGUMENT names the tensor, and `file` first.
absl::StatusOr<SafetensorsHeader> ParseSafetensorsHeader(std::string_view json,
                                                         std::string_view file);

}  // namespace avocet

#endif  // AVOCET_ENGINE_CHECKPOINT_SAFETENSORS_HEADER_H_
