// Reads safetensors files: named tensors behind a JSON header.
#ifndef AVOCET_ENGINE_CHECKPOINT_SAFETENSORS_H_
#define AVOCET_ENGINE_CHECKPOINT_SAFETENSORS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/checkpoint/dtype.h"
#include "engine/checkpoint/safetensors_header.h"

namespace avocet {

// The format's own limit on its header.
inline constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;
// A billion float32 parameters, three times the largest network that the engine knows.
inline constexpr std::uint64_t kMaxDataBytes = std::uint64_t{4} << 30;

struct TensorView {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<std::int64_t> shape;  // row-major; empty for a scalar
  // Little-endian. Points into the Safetensors, and may be aligned to one byte only.
  std::span<const std::byte> data;
};

// The content of one file, checked and immutable, so safe to read from several threads. Held in
// memory and not mapped: a file that another process truncates would end this one with SIGBUS, and
// one that it rewrites could change behind the checks.
class Safetensors {
 public:
  // NOT_FOUND or another system error if `path` cannot be read, INVALID_ARGUMENT if the content is
  // malformed, RESOURCE_EXHAUSTED if it does not fit in memory. Messages begin with the path.
  static absl::StatusOr<Safetensors> Open(const std::string& path);
  // The same checks on bytes in memory, which are copied. `name` begins the messages.
  static absl::StatusOr<Safetensors> Parse(std::span<const std::byte> bytes,
                                           std::string_view name = "<memory>");

  Safetensors(Safetensors&&) = default;
  Safetensors& operator=(Safetensors&&) = default;

  // Null if there is none of that name.
  const TensorView* Find(std::string_view name) const;
  // In the order of their data.
  std::span<const TensorView> tensors() const { return tensors_; }
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

 private:
  Safetensors(SafetensorsHeader header, std::vector<std::byte> data);

  std::vector<std::byte> data_;
  std::vector<TensorView> tensors_;
  std::map<std::string, std::size_t, std::less<>> index_;  // name -> position in tensors_
  std::map<std::string, std::string> metadata_;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_CHECKPOINT_SAFETENSORS_H_
