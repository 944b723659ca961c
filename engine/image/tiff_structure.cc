// TIFF: the first directory, and whether the strips or tiles it names lie within the file.
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/image/image_structure.h"
#include "engine/image/tiff_directory.h"

namespace avocet {
namespace {

constexpr std::uint32_t kWidth = 256;
constexpr std::uint32_t kHeight = 257;
constexpr std::uint32_t kBitsPerSample = 258;
constexpr std::uint32_t kStripOffsets = 273;
constexpr std::uint32_t kOrientation = 274;
constexpr std::uint32_t kStripBytes = 279;
constexpr std::uint32_t kSamplesPerPixel = 277;
constexpr std::uint32_t kTileWidth = 322;
constexpr std::uint32_t kTileHeight = 323;
constexpr std::uint32_t kTileOffsets = 324;
constexpr std::uint32_t kTileBytes = 325;
constexpr std::uint32_t kExtraSamples = 338;
constexpr std::uint32_t kSampleFormat = 339;

// What OpenCV allocates besides the picture follows from these, not from its size.
absl::Status CheckPieceSizes(const TiffDirectory& directory) {
  constexpr std::uint32_t kMaxSamples = 8;      // CMYK with alpha has five
  constexpr std::uint32_t kMaxTileSide = 4096;  // 256 and 512 are usual
  const std::uint32_t samples = directory.First(kSamplesPerPixel, 1);
  if (samples > kMaxSamples) {
    return absl::InvalidArgumentError(
        absl::StrCat("TIFF: expected at most ", kMaxSamples, " samples a pixel, found ", samples));
  }
  const std::uint32_t width = directory.First(kTileWidth, 0);
  const std::uint32_t height = directory.First(kTileHeight, 0);
  if (width > kMaxTileSide || height > kMaxTileSide) {
    return absl::InvalidArgumentError(absl::StrCat("TIFF: expected tiles of at most ", kMaxTileSide,
                                                   " pixels a side, found ", width, " x ", height));
  }
  return absl::OkStatus();
}

absl::Status CheckPiecesLieWithin(const TiffDirectory& directory, std::size_t file_bytes) {
  auto offsets = directory.Find(kTileOffsets);
  auto sizes = directory.Find(kTileBytes);
  if (!offsets) {
    offsets = directory.Find(kStripOffsets);
    sizes = directory.Find(kStripBytes);
  }
  if (!offsets || !sizes || offsets->count != sizes->count) {
    return absl::InvalidArgumentError("truncated or broken TIFF: no list of strips or tiles");
  }
  for (std::uint32_t i = 0; i < offsets->count; ++i) {
    const std::size_t end = std::size_t{directory.Get(*offsets, i)} + directory.Get(*sizes, i);
    if (end > file_bytes) {
      return absl::InvalidArgumentError(absl::StrCat(
          "truncated TIFF: strip or tile ", i, " should end at byte ", end, " of ", file_bytes));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ImageStructure> InspectTiff(std::string_view encoded, Extent extent) {
  constexpr std::uint32_t kUnsigned = 1;
  constexpr std::uint32_t kMaxBits = 16;
  constexpr std::uint32_t kUnassociatedAlpha = 2;
  ASSIGN_OR_RETURN(const TiffDirectory directory, TiffDirectory::Read(encoded));
  ImageStructure structure;
  structure.header.width = directory.First(kWidth, 0);
  structure.header.height = directory.First(kHeight, 0);
  const std::uint32_t bits = directory.First(kBitsPerSample, 1);
  const std::uint32_t sample_format = directory.First(kSampleFormat, kUnsigned);
  if (bits > kMaxBits || sample_format != kUnsigned) {
    return absl::InvalidArgumentError(absl::StrCat("TIFF: expected unsigned samples of at most ",
                                                   kMaxBits, " bits, found ", bits,
                                                   " bits of sample format ", sample_format));
  }
  if (extent == Extent::kHeader) return structure;

  if (!directory.IsComplete()) {
    return absl::InvalidArgumentError(
        "truncated or broken TIFF: its directory names values beyond the file's end");
  }
  RETURN_IF_ERROR(CheckPieceSizes(directory));
  RETURN_IF_ERROR(CheckPiecesLieWithin(directory, encoded.size()));
  structure.big_endian = directory.big_endian();
  structure.orientation = directory.Orientation();
  const auto orientation = directory.Find(kOrientation);
  if (orientation) {
    if (orientation->size != sizeof(std::uint16_t)) {
      return absl::InvalidArgumentError("broken TIFF: its orientation is not a 16-bit number");
    }
    structure.tiff_orientation_at = orientation->at;
  }
  const auto extra = directory.Find(kExtraSamples);
  if (extra && extra->size == 2 && directory.Get(*extra, 0) == kUnassociatedAlpha) {
    structure.tiff_alpha_kind_at = extra->at;
  }
  return structure;
}

}  // namespace avocet
