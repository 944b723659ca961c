#include "engine/image/tiff_directory.h"

#include <iterator>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/image/byte_order.h"

namespace avocet {
namespace {

constexpr std::size_t kHeaderBytes = 8;
constexpr std::size_t kEntryBytes = 12;
constexpr std::uint32_t kOrientationTag = 274;

// Bytes of one value of each field type, from type 1 (BYTE) to 12 (DOUBLE).
constexpr std::size_t kTypeBytes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8};

bool IsUnsignedInteger(std::uint32_t type) { return type == 1 || type == 3 || type == 4; }

}  // namespace

absl::StatusOr<TiffDirectory> TiffDirectory::Read(std::string_view bytes) {
  constexpr std::string_view kLittle("II\x2a\0", 4);
  constexpr std::string_view kBig("MM\0\x2a", 4);
  const bool big_endian = bytes.starts_with(kBig);
  if (!big_endian && !bytes.starts_with(kLittle)) {
    return absl::InvalidArgumentError("broken TIFF: no byte-order mark");
  }
  if (bytes.size() < kHeaderBytes) {
    return absl::InvalidArgumentError("truncated TIFF: it ends inside the file header");
  }
  TiffDirectory directory(bytes, big_endian);
  const std::size_t at = directory.Load32(4);
  if (at < kHeaderBytes || at + 2 > bytes.size()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "truncated or broken TIFF: its directory should be at byte ", at, " of ", bytes.size()));
  }
  directory.entries_at_ = at + 2;
  directory.entries_ = directory.Load16(at);
  if (directory.entries_ * kEntryBytes > bytes.size() - directory.entries_at_) {
    return absl::InvalidArgumentError(
        absl::StrCat("truncated or broken TIFF: its directory of ", directory.entries_,
                     " entries does not fit into ", bytes.size(), " bytes"));
  }
  return directory;
}

std::optional<TiffDirectory::Values> TiffDirectory::Locate(std::size_t entry) const {
  const std::uint32_t type = Load16(entry + 2);
  const std::uint32_t count = Load32(entry + 4);
  if (type == 0 || type >= std::size(kTypeBytes) || count == 0) return std::nullopt;
  const std::size_t total = kTypeBytes[type] * count;
  // Up to four bytes of values stand in the entry itself, in place of their offset.
  const std::size_t at = total <= 4 ? entry + 8 : Load32(entry + 8);
  if (at > bytes_.size() || total > bytes_.size() - at) return std::nullopt;
  return Values{at, kTypeBytes[type], count};
}

std::optional<TiffDirectory::Values> TiffDirectory::Find(std::uint32_t tag) const {
  for (std::uint32_t i = 0; i < entries_; ++i) {
    const std::size_t entry = entries_at_ + i * kEntryBytes;
    if (Load16(entry) != tag) continue;
    return IsUnsignedInteger(Load16(entry + 2)) ? Locate(entry) : std::nullopt;
  }
  return std::nullopt;
}

bool TiffDirectory::IsComplete() const {
  constexpr std::uint32_t kLastTag = 532;  // ReferenceBlackWhite
  for (std::uint32_t i = 0; i < entries_; ++i) {
    const std::size_t entry = entries_at_ + i * kEntryBytes;
    if (Load16(entry) <= kLastTag && !Locate(entry)) return false;
  }
  return true;
}

std::uint32_t TiffDirectory::Get(const Values& values, std::uint32_t index) const {
  AVOCET_CHECK(index < values.count);
  const std::size_t at = values.at + values.size * index;
  if (values.size == 1) return LoadByte(bytes_, at);
  return values.size == 2 ? Load16(at) : Load32(at);
}

std::uint32_t TiffDirectory::First(std::uint32_t tag, std::uint32_t otherwise) const {
  const std::optional<Values> values = Find(tag);
  return values ? Get(*values, 0) : otherwise;
}

int TiffDirectory::Orientation() const {
  const std::uint32_t orientation = First(kOrientationTag, 1);
  return orientation >= 1 && orientation <= 8 ? static_cast<int>(orientation) : 1;
}

std::uint32_t TiffDirectory::Load16(std::size_t at) const {
  return big_endian_ ? LoadBig16(bytes_, at) : LoadLittle16(bytes_, at);
}

std::uint32_t TiffDirectory::Load32(std::size_t at) const {
  return big_endian_ ? LoadBig32(bytes_, at) : LoadLittle32(bytes_, at);
}

}  // namespace avocet
