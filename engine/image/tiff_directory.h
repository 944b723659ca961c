// The first directory of a TIFF file or of an EXIF block, which have the same form.
#ifndef AVOCET_ENGINE_IMAGE_TIFF_DIRECTORY_H_
#define AVOCET_ENGINE_IMAGE_TIFF_DIRECTORY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"

namespace avocet {

// A view of the caller's bytes, which must outlive it. Every access is bounded by them.
class TiffDirectory {
 public:
  // Integers of one tag. Their bytes lie within the file.
  struct Values {
    std::size_t at;       // of the first
    std::size_t size;     // bytes of each: 1, 2 or 4
    std::uint32_t count;  // at least 1
  };

  // INVALID_ARGUMENT when this is not TIFF or the directory does not lie within the bytes.
  static absl::StatusOr<TiffDirectory> Read(std::string_view bytes);

  // The values of a tag; none when it is absent, not made of unsigned integers, or not within the
  // bytes. Of a tag that occurs twice the first counts, as in libtiff.
  std::optional<Values> Find(std::uint32_t tag) const;
  // Value `index` of those that Find() returned.
  std::uint32_t Get(const Values& values, std::uint32_t index) const;
  // The first value of a tag, or `otherwise`.
  std::uint32_t First(std::uint32_t tag, std::uint32_t otherwise) const;
  // Whether the values of all tags of TIFF 6.0 itself lie within the bytes. (Private tags may be
  // damaged without harm.)
  bool IsComplete() const;
  // Tag 274; 1 when it is absent or not within 1 to 8.
  int Orientation() const;

  bool big_endian() const { return big_endian_; }

 private:
  TiffDirectory(std::string_view bytes, bool big_endian) : bytes_(bytes), big_endian_(big_endian) {}

  // The values of the entry at this byte, of any type; none when they do not lie within the bytes.
  std::optional<Values> Locate(std::size_t entry) const;
  std::uint32_t Load16(std::size_t at) const;
  std::uint32_t Load32(std::size_t at) const;

  std::string_view bytes_;
  bool big_endian_;
  std::size_t entries_at_ = 0;
  std::uint32_t entries_ = 0;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_IMAGE_TIFF_DIRECTORY_H_
