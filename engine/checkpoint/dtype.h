// Element types of the safetensors format.
#ifndef AVOCET_ENGINE_CHECKPOINT_DTYPE_H_
#define AVOCET_ENGINE_CHECKPOINT_DTYPE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace avocet {

// Every type that the format defines. The engine loads the floating-point ones of 16 bits and more;
// the others are recognised so that files which hold them open.
enum class DType {
  kBool,
  kU8,
  kI8,
  kI16,
  kU16,
  kI32,
  kU32,
  kI64,
  kU64,
  kF16,
  kBF16,
  kF32,
  kF64,
  kC64,
  kF8E4M3,
  kF8E5M2,
  kF8E8M0,
  kF8E4M3Fnuz,
  kF8E5M2Fnuz,
  kF6E2M3,
  kF6E3M2,
  kF4,
};

// Bits of one element. Types of fewer than 8 are packed.
int BitsPerElement(DType dtype);

// Bytes of a tensor, or nothing if they do not fit in 64 bits or are not a whole number. Dimensions
// are not negative.
std::optional<std::uint64_t> TensorBytes(DType dtype, std::span<const std::int64_t> shape);

// As the file spells it, for example "F32".
std::string_view DTypeName(DType dtype);

std::optional<DType> ParseDType(std::string_view name);

}  // namespace avocet

#endif  // AVOCET_ENGINE_CHECKPOINT_DTYPE_H_
