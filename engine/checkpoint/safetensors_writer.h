// Writes .safetensors files.
#ifndef AVOCET_ENGINE_CHECKPOINT_SAFETENSORS_WRITER_H_
#define AVOCET_ENGINE_CHECKPOINT_SAFETENSORS_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "engine/checkpoint/dtype.h"
#include "engine/checkpoint/safetensors.h"
#include "engine/graph/parameter_spec.h"
#include "engine/graph/parameters.h"

namespace avocet {

// One tensor of a file. Points to its values, which live elsewhere.
struct TensorToWrite {
  std::string name;  // UTF-8
  DType dtype = DType::kF32;
  std::vector<std::int64_t> shape;  // row-major; empty for a scalar
  // The elements as the file stores them, little-endian, of any type; or float32 numbers, which are
  // rounded to `dtype` on the way: F32, F16 or BF16.
  std::variant<std::span<const std::byte>, std::span<const float>> values;
};

using Metadata = std::map<std::string, std::string>;

// Writes the file `path`, tensor by tensor and without a copy of the whole, so that it appears
// complete or not at all (AtomicFile). The same tensors make the same bytes, in whatever order they
// come: larger elements first, then by name, as the format's own library does, which aligns every
// tensor to its element; data begins at a multiple of 8. INVALID_ARGUMENT, before anything is
// written, for what the reader would refuse: names twice, empty, too long or not UTF-8, values that
// disagree with type and shape, more than its limits, and numbers that `dtype` cannot hold (finite
// ones that become infinite). System errors carry the path.
absl::Status WriteSafetensors(const std::string& path, std::vector<TensorToWrite> tensors,
                              const Metadata& metadata = {{"format", "pt"}});

// The same tensors, as they are.
std::vector<TensorToWrite> TensorsOf(std::span<const TensorView> tensors);

// The tensors of `specs`, in `dtype`, from the parameters of those names.
std::vector<TensorToWrite> TensorsOf(const Parameters& parameters,
                                     std::span<const ParameterSpec> specs,
                                     DType dtype = DType::kF32);

}  // namespace avocet

#endif  // AVOCET_ENGINE_CHECKPOINT_SAFETENSORS_WRITER_H_
