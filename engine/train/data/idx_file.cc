#include "engine/train/data/idx_file.h"

#include <cstddef>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/status.h"
#include "engine/train/data/gzip.h"
#include "engine/train/data/read_file.h"

namespace avocet {
namespace {

constexpr std::uint64_t kMaxBytes = std::uint64_t{4} << 30;
constexpr unsigned char kUnsignedByte = 0x08;  // the code of the element type

std::uint32_t LoadBig32(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  }
  return value;
}

absl::StatusOr<IdxArray> Parse(std::string_view content, int dimensions) {
  const std::size_t header = 4 + 4 * static_cast<std::size_t>(dimensions);
  if (content.size() < 4 || content[0] != 0 || content[1] != 0) {
    return absl::InvalidArgumentError("expected an IDX file, which begins with two zero bytes");
  }
  const auto type = static_cast<unsigned char>(content[2]);
  const auto found = static_cast<unsigned char>(content[3]);
  if (type != kUnsignedByte || found != dimensions) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected an IDX file of unsigned bytes (type 8) with ", dimensions,
                     " dimensions, found type ", type, " with ", found, " dimensions"));
  }
  if (content.size() < header) return absl::InvalidArgumentError("the IDX header ends early");
  IdxArray array;
  std::uint64_t size = 1;
  for (std::size_t d = 0; d < static_cast<std::size_t>(dimensions); ++d) {
    const std::uint32_t side = LoadBig32(content, 4 + 4 * d);
    array.shape.push_back(side);
    // Neither factor exceeds 2^32, so this cannot overflow.
    size *= side;
    if (size > kMaxBytes) break;
  }
  if (size != content.size() - header) {
    return absl::InvalidArgumentError(absl::StrCat("expected ", absl::StrJoin(array.shape, " x "),
                                                   " bytes after the header, found ",
                                                   content.size() - header));
  }
  content.remove_prefix(header);
  array.bytes.assign(content.begin(), content.end());
  return array;
}

}  // namespace

absl::StatusOr<IdxArray> ReadIdx(const std::string& path, int dimensions) {
  std::string content;
  RETURN_IF_ERROR(ReadFile(path, kMaxBytes, &content));
  const auto named = [&path](const absl::Status& status) {
    return absl::Status(status.code(), absl::StrCat(path, ": ", status.message()));
  };
  if (IsGzip(content)) {
    auto plain = Gunzip(content, kMaxBytes);
    if (!plain.ok()) return named(plain.status());
    content = *std::move(plain);
  }
  auto array = Parse(content, dimensions);
  if (!array.ok()) return named(array.status());
  return array;
}

}  // namespace avocet
