// JPEG: segments of marker and length, scans of entropy-coded bytes between them (ITU-T T.81, annex
// B).
#include <cstddef>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "engine/image/byte_order.h"
#include "engine/image/exif.h"
#include "engine/image/image_structure.h"

namespace avocet {
namespace {

// Each scan of a progressive file costs a pass over all pixels. Encoders write about ten; a file
// with thousands is an attack.
constexpr int kMaxScans = 100;

constexpr std::uint32_t kTem = 0x01;
constexpr std::uint32_t kStartOfImage = 0xd8;
constexpr std::uint32_t kEndOfImage = 0xd9;
constexpr std::uint32_t kStartOfScan = 0xda;
constexpr std::uint32_t kApp1 = 0xe1;

bool IsRestart(std::uint32_t marker) { return marker >= 0xd0 && marker <= 0xd7; }

bool IsStartOfFrame(std::uint32_t marker) {
  // C4, C8 and CC lie in the range but define tables.
  return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

// Where the next 0xff byte is, or the end.
std::size_t FindMarker(std::string_view bytes, std::size_t from) {
  if (from >= bytes.size()) return bytes.size();
  const void* found = std::memchr(bytes.data() + from, 0xff, bytes.size() - from);
  return found == nullptr
             ? bytes.size()
             : static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
}

// Where the marker after a scan's entropy-coded bytes starts, or the end of the file. Inside a scan
// 0xff is followed by 0 (a data byte), by a restart marker, or by another 0xff (filling).
std::size_t SkipScan(std::string_view bytes, std::size_t at) {
  for (at = FindMarker(bytes, at); at + 1 < bytes.size(); at = FindMarker(bytes, at)) {
    const std::uint32_t next = LoadByte(bytes, at + 1);
    if (next == 0xff) {
      ++at;
    } else if (next == 0 || IsRestart(next)) {
      at += 2;
    } else {
      return at;
    }
  }
  return bytes.size();
}

absl::Status Truncated(std::string_view bytes, std::string_view where) {
  return absl::InvalidArgumentError(
      absl::StrCat("truncated JPEG: ", bytes.size(), " bytes end ", std::string(where)));
}

}  // namespace

absl::StatusOr<ImageStructure> InspectJpeg(std::string_view encoded, Extent extent) {
  constexpr std::string_view kExif("Exif\0\0", 6);
  ImageStructure structure;
  bool frame_found = false;
  bool orientation_found = false;
  int scans = 0;
  std::size_t at = 2;
  while (true) {
    // Decoders skip stray bytes between segments, and any number of 0xff before a marker.
    at = FindMarker(encoded, at);
    while (at < encoded.size() && LoadByte(encoded, at) == 0xff) ++at;
    if (at >= encoded.size()) {
      return Truncated(encoded, scans > 0 ? "before the end-of-image marker" : "before any pixels");
    }
    const std::uint32_t marker = LoadByte(encoded, at++);
    if (marker == 0 || marker == kTem || IsRestart(marker)) continue;
    if (marker == kStartOfImage) {
      return absl::InvalidArgumentError("broken JPEG: a second start-of-image marker");
    }
    if (marker == kEndOfImage) {
      if (scans > 0) return structure;
      return absl::InvalidArgumentError("broken JPEG: it ends without any scan");
    }

    if (at + 2 > encoded.size()) return Truncated(encoded, "inside a segment");
    const std::size_t length = LoadBig16(encoded, at);  // counts its own two bytes
    if (length < 2) {
      return absl::InvalidArgumentError(
          absl::StrCat("broken JPEG: segment at byte ", at, " has length ", length));
    }
    if (length > encoded.size() - at) return Truncated(encoded, "inside a segment");
    const std::string_view segment = encoded.substr(at + 2, length - 2);
    at += length;

    if (IsStartOfFrame(marker)) {
      if (frame_found) return absl::InvalidArgumentError("broken JPEG: two frame headers");
      if (segment.size() < 6) {
        return absl::InvalidArgumentError("broken JPEG: frame header is too short");
      }
      structure.header.height = LoadBig16(segment, 1);
      structure.header.width = LoadBig16(segment, 3);
      frame_found = true;
      if (extent == Extent::kHeader) return structure;
    } else if (marker == kApp1 && !orientation_found && segment.starts_with(kExif)) {
      structure.orientation = ExifOrientation(segment.substr(kExif.size()));
      orientation_found = true;
    } else if (marker == kStartOfScan) {
      if (!frame_found) {
        return absl::InvalidArgumentError("broken JPEG: a scan before the frame header");
      }
      if (++scans > kMaxScans) {
        return absl::InvalidArgumentError(
            absl::StrCat("JPEG with more than ", kMaxScans, " scans"));
      }
      at = SkipScan(encoded, at);
    }
  }
}

}  // namespace avocet
