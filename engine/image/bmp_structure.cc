// BMP: a file header, an info header of one of several lengths, an optional palette, rows padded to
// four bytes.
#include <cstddef>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "engine/image/byte_order.h"
#include "engine/image/image_structure.h"

namespace avocet {

absl::StatusOr<ImageStructure> InspectBmp(std::string_view encoded, Extent extent) {
  constexpr std::size_t kFileHeader = 14;
  constexpr std::size_t kCoreHeader = 12;  // OS/2's, with 16-bit sides
  constexpr std::uint32_t kUncompressed = 0;
  constexpr std::uint32_t kBitFields = 3;
  const std::size_t info_header = LoadLittle32(encoded, kFileHeader);
  if (encoded.size() < kFileHeader + info_header) {
    return absl::InvalidArgumentError(
        absl::StrCat("truncated BMP: ", encoded.size(), " bytes end inside the header"));
  }
  ImageStructure structure;
  std::int64_t bits = 0;
  std::uint32_t compression = kUncompressed;
  if (info_header == kCoreHeader) {
    structure.header.width = LoadLittle16(encoded, 18);
    structure.header.height = LoadLittle16(encoded, 20);
    bits = LoadLittle16(encoded, 24);
  } else {
    structure.header.width = static_cast<std::int32_t>(LoadLittle32(encoded, 18));
    // Negative: rows from the top down.
    structure.header.height =
        std::abs(std::int64_t{static_cast<std::int32_t>(LoadLittle32(encoded, 22))});
    bits = LoadLittle16(encoded, 28);
    compression = LoadLittle32(encoded, 30);
  }
  if (compression > kBitFields) {
    return absl::InvalidArgumentError(absl::StrCat(
        "BMP: expected no compression, run lengths or bit fields (0 to 3), found compression ",
        compression));
  }
  if (extent == Extent::kHeader) return structure;

  if (compression == kUncompressed || compression == kBitFields) {
    const std::int64_t available =
        static_cast<std::int64_t>(encoded.size()) - LoadLittle32(encoded, 10);
    const std::int64_t row = (structure.header.width * bits + 31) / 32 * 4;
    // Divided, as the product of a forged width and height would overflow.
    if (available < 0 ||
        (structure.header.height > 0 && row > available / structure.header.height)) {
      return absl::InvalidArgumentError(absl::StrCat("truncated BMP: ", encoded.size(),
                                                     " bytes do not hold ", structure.header.height,
                                                     " rows of ", row, " bytes"));
    }
  }
  return structure;
}

}  // namespace avocet
