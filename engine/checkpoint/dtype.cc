#include "engine/checkpoint/dtype.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include "engine/base/check.h"

namespace avocet {
namespace {

struct Entry {
  DType dtype;
  std::string_view name;
  int bits;
};

constexpr Entry kEntries[] = {
    {DType::kBool, "BOOL", 8},
    {DType::kU8, "U8", 8},
    {DType::kI8, "I8", 8},
    {DType::kI16, "I16", 16},
    {DType::kU16, "U16", 16},
    {DType::kI32, "I32", 32},
    {DType::kU32, "U32", 32},
    {DType::kI64, "I64", 64},
    {DType::kU64, "U64", 64},
    {DType::kF16, "F16", 16},
    {DType::kBF16, "BF16", 16},
    {DType::kF32, "F32", 32},
    {DType::kF64, "F64", 64},
    {DType::kC64, "C64", 64},
    {DType::kF8E4M3, "F8_E4M3", 8},
    {DType::kF8E5M2, "F8_E5M2", 8},
    {DType::kF8E8M0, "F8_E8M0", 8},
    {DType::kF8E4M3Fnuz, "F8_E4M3FNUZ", 8},
    {DType::kF8E5M2Fnuz, "F8_E5M2FNUZ", 8},
    {DType::kF6E2M3, "F6_E2M3", 6},
    {DType::kF6E3M2, "F6_E3M2", 6},
    {DType::kF4, "F4", 4},
};

const Entry& Find(DType dtype) {
  const auto* found = std::ranges::find(kEntries, dtype, &Entry::dtype);
  AVOCET_CHECK(found != std::end(kEntries));
  return *found;
}

}  // namespace

int BitsPerElement(DType dtype) { return Find(dtype).bits; }

std::optional<std::uint64_t> TensorBytes(DType dtype, std::span<const std::int64_t> shape) {
  std::uint64_t bits = static_cast<std::uint64_t>(BitsPerElement(dtype));
  bool empty = false;
  for (const std::int64_t dimension : shape) {
    // Left out of the overflow check, so that no other order of multiplying overflows.
    if (dimension == 0) {
      empty = true;
      continue;
    }
    const auto factor = static_cast<std::uint64_t>(dimension);
    if (bits > std::numeric_limits<std::uint64_t>::max() / factor) return std::nullopt;
    bits *= factor;
  }
  if (empty) return 0;
  if (bits % 8 != 0) return std::nullopt;
  return bits / 8;
}

std::string_view DTypeName(DType dtype) { return Find(dtype).name; }

std::optional<DType> ParseDType(std::string_view name) {
  const auto* found = std::ranges::find(kEntries, name, &Entry::name);
  if (found == std::end(kEntries)) return std::nullopt;
  return found->dtype;
}

}  // namespace avocet
