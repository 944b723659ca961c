#include "engine/image/image_format.h"

#include <algorithm>
#include <cctype>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "engine/image/byte_order.h"

namespace avocet {
namespace {

using namespace std::string_view_literals;

struct Signature {
  std::size_t at;
  std::string_view bytes;
  std::string_view description;
};

// The first that matches wins.
constexpr Signature kUnaccepted[] = {
    {0, "GIF8"sv, "a GIF image"},
    {4, "ftypavif"sv, "an AVIF image"},
    {4, "ftypavis"sv, "an AVIF image"},
    {4, "ftyphei"sv, "a HEIC image"},
    {4, "ftyphev"sv, "a HEIC image"},
    {4, "ftypmif1"sv, "a HEIF image"},
    {4, "ftypmsf1"sv, "a HEIF image"},
    {4, "ftypcrx "sv, "a Canon raw image"},
    {4, "ftyp"sv, "an MP4 or QuickTime file"},
    {0, "%PDF-"sv, "a PDF document"},
    {0, "\0\0\0\x0cJXL "sv, "a JPEG XL image"},
    {0, "\xff\x0a"sv, "a JPEG XL image"},
    {0, "\0\0\0\x0cjP  "sv, "a JPEG 2000 image"},
    {0, "\xff\x4f\xff\x51"sv, "a JPEG 2000 image"},
    {0, "II\x2b\0"sv, "a BigTIFF image"},
    {0, "MM\0\x2b"sv, "a BigTIFF image"},
    {0, "8BPS"sv, "a Photoshop document"},
    {0, "\0\0\1\0"sv, "an icon file (ICO)"},
    {0, "qoif"sv, "a QOI image"},
    {0, "v/1\1"sv, "an OpenEXR image"},
    {0, "#?RADIANCE"sv, "a Radiance HDR image"},
    {0, "DDS "sv, "a DDS texture"},
    {128, "DICM"sv, "a DICOM file"},
    {0, "PK\3\4"sv, "a ZIP archive"},
    {0, "\x1f\x8b"sv, "gzip-compressed data"},
    {0, "\x93NUMPY"sv, "a NumPy array"},
    {0,
     "\x7f"
     "ELF"sv,
     "a program"},
    {0, "{"sv, "JSON text"},
    {0, "data:"sv, "a data URL (send the decoded bytes)"},
    {0, "/9j/"sv, "base64 text of a JPEG image (send the decoded bytes)"},
    {0, "iVBORw0KGgo"sv, "base64 text of a PNG image (send the decoded bytes)"},
    {0, "<svg"sv, "an SVG image"},
    {0, "<?xml"sv, "XML text"},
    {0, "<"sv, "HTML or XML text"},
};

bool HasAt(std::string_view bytes, std::size_t at, std::string_view expected) {
  return at <= bytes.size() && bytes.substr(at).starts_with(expected);
}

bool LooksLikeText(std::string_view bytes) {
  constexpr std::size_t kProbe = 512;  // bytes that must all be printable
  const std::string_view start = bytes.substr(0, kProbe);
  return std::all_of(start.begin(), start.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0x80 || std::isprint(byte) || std::isspace(byte);
  });
}

}  // namespace

std::string_view ImageFormatName(ImageFormat format) {
  switch (format) {
    case ImageFormat::kJpeg:
      return "JPEG";
    case ImageFormat::kPng:
      return "PNG";
    case ImageFormat::kWebp:
      return "WebP";
    case ImageFormat::kBmp:
      return "BMP";
    case ImageFormat::kTiff:
      return "TIFF";
  }
  return "unknown";
}

std::optional<ImageFormat> SniffImageFormat(std::string_view encoded) {
  if (HasAt(encoded, 0, "\xff\xd8\xff"sv)) return ImageFormat::kJpeg;
  if (HasAt(encoded, 0, "\x89PNG\r\n\x1a\n"sv)) return ImageFormat::kPng;
  if (HasAt(encoded, 0, "RIFF"sv) && HasAt(encoded, 8, "WEBP"sv)) return ImageFormat::kWebp;
  if (HasAt(encoded, 0, "BM"sv) && encoded.size() >= 18) {
    // Two letters alone would also claim text; the size of the second header must be one of those
    // in use.
    for (const std::uint32_t known : {12u, 40u, 52u, 56u, 64u, 108u, 124u}) {
      if (LoadLittle32(encoded, 14) == known) return ImageFormat::kBmp;
    }
  }
  if (HasAt(encoded, 0, "II\x2a\0"sv) || HasAt(encoded, 0, "MM\0\x2a"sv)) return ImageFormat::kTiff;
  return std::nullopt;
}

std::string DescribeUnacceptedBytes(std::string_view encoded) {
  if (encoded.empty()) return "no bytes at all";
  for (const Signature& signature : kUnaccepted) {
    if (HasAt(encoded, signature.at, signature.bytes)) return std::string(signature.description);
  }
  if (LooksLikeText(encoded)) return "text";
  std::string start;
  for (std::size_t i = 0; i < std::min<std::size_t>(encoded.size(), 8); ++i) {
    absl::StrAppend(&start, " ", absl::Hex(LoadByte(encoded, i), absl::kZeroPad2));
  }
  return absl::StrCat("unknown data of ", encoded.size(), " bytes that starts with", start);
}

}  // namespace avocet
