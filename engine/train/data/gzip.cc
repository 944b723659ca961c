#include "engine/train/data/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"

namespace avocet {
namespace {

constexpr int kGzipWindowBits = 15 + 16;  // the largest window; 16 asks for gzip's header

// zlib's state, released at the end.
class Inflater {
 public:
  Inflater() { AVOCET_CHECK(inflateInit2(&stream_, kGzipWindowBits) == Z_OK); }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  z_stream& stream() { return stream_; }

 private:
  z_stream stream_ = {};
};

}  // namespace

bool IsGzip(std::string_view bytes) { return bytes.starts_with("\x1f\x8b"); }

absl::StatusOr<std::string> Gunzip(std::string_view compressed, std::uint64_t max_bytes) {
  Inflater inflater;
  z_stream& stream = inflater.stream();
  std::array<char, 1 << 16> block;
  std::string plain;
  int result = Z_OK;
  while (!compressed.empty() || result == Z_OK) {
    if (result == Z_STREAM_END) inflateReset(&stream);
    const auto given = std::min<std::size_t>(compressed.size(), std::numeric_limits<uInt>::max());
    // zlib does not write to its input, though its type says so.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
    stream.avail_in = static_cast<uInt>(given);
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = static_cast<uInt>(block.size());
    result = inflate(&stream, Z_NO_FLUSH);
    if (result != Z_OK && result != Z_STREAM_END) {
      return absl::InvalidArgumentError(absl::StrCat(
          "broken gzip data", stream.msg != nullptr ? absl::StrCat(": ", stream.msg)
                                                    : std::string(", or it ends early")));
    }
    compressed.remove_prefix(given - stream.avail_in);
    const std::size_t made = block.size() - stream.avail_out;
    if (plain.size() + made > max_bytes) {
      return absl::InvalidArgumentError(
          absl::StrCat("expected at most ", max_bytes, " bytes of decompressed data, found more"));
    }
    plain.append(block.data(), made);
  }
  return plain;
}

}  // namespace avocet
