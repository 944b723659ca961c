#include "engine/image/decode.h"

#include <cstddef>
#include <limits>
#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgcodecs.hpp>
#include <string>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/image/image_structure.h"
#include "engine/image/orientation.h"

namespace avocet {
namespace {

// OpenCV's own threads would compete with ours, and bad files are reported by status. Both settings
// are of the process.
bool ConfigureOpenCv() {
  cv::setNumThreads(1);
  cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
  return true;
}

absl::Status CheckLimits(const ImageHeader& header, const DecodeOptions& options) {
  if (header.width > options.max_side || header.height > options.max_side) {
    return absl::InvalidArgumentError(absl::StrCat("expected sides of at most ", options.max_side,
                                                   " pixels, found ", header.width, " x ",
                                                   header.height));
  }
  if (header.width * header.height > options.max_pixels) {
    return absl::InvalidArgumentError(absl::StrCat("expected at most ", options.max_pixels,
                                                   " pixels, found ", header.width, " x ",
                                                   header.height));
  }
  return absl::OkStatus();
}

// OpenCV turns every TIFF by its orientation and multiplies colours with a separate alpha, whatever
// the flags. It does neither in a copy of the file that says "upright" and "alpha is in the colours
// already".
std::string NeutralTiff(std::string_view encoded, const ImageStructure& structure) {
  constexpr char kUpright = 1;
  constexpr char kAssociatedAlpha = 1;
  std::string copy(encoded);
  const auto store = [&](std::size_t at, char value) {
    copy[at] = structure.big_endian ? '\0' : value;
    copy[at + 1] = structure.big_endian ? value : '\0';
  };
  if (structure.tiff_orientation_at) store(*structure.tiff_orientation_at, kUpright);
  if (structure.tiff_alpha_kind_at) store(*structure.tiff_alpha_kind_at, kAssociatedAlpha);
  return copy;
}

// Decodes into `image`, which has the size of the header. False when the decoder refuses the data.
bool DecodePixels(std::string_view encoded, Image* image) {
  try {
    const cv::Mat source(1, static_cast<int>(encoded.size()), CV_8UC1,
                         const_cast<char*>(encoded.data()));  // cv::Mat has no read-only form
    cv::Mat pixels(image->height, image->width, CV_8UC3, image->bgr.data());
    const cv::Mat decoded =
        cv::imdecode(source, cv::IMREAD_COLOR | cv::IMREAD_IGNORE_ORIENTATION, &pixels);
    // OpenCV allocates anew when it sees another size than we did, which only a forged file brings
    // about.
    return decoded.data == image->bgr.data();
  } catch (const cv::Exception&) {
    return false;
  }
}

}  // namespace

absl::Status Decode(std::string_view encoded, const DecodeOptions& options, Image* image) {
  [[maybe_unused]] static const bool configured = ConfigureOpenCv();
  if (encoded.size() > std::size_t{std::numeric_limits<int>::max()}) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected at most 2 GiB, found ", encoded.size(), " bytes"));
  }
  ASSIGN_OR_RETURN(const ImageHeader header, ReadImageHeader(encoded));
  RETURN_IF_ERROR(CheckLimits(header, options));
  ASSIGN_OR_RETURN(const ImageStructure structure, InspectImage(encoded, Extent::kWhole));

  image->width = static_cast<int>(header.width);
  image->height = static_cast<int>(header.height);
  image->bgr.resize(static_cast<std::size_t>(header.width * header.height * 3));
  std::string neutral;
  if (structure.tiff_orientation_at || structure.tiff_alpha_kind_at) {
    neutral = NeutralTiff(encoded, structure);
    encoded = neutral;
  }
  if (!DecodePixels(encoded, image)) {
    return absl::InvalidArgumentError(
        absl::StrCat("broken ", std::string(ImageFormatName(header.format)), " of ", header.width,
                     " x ", header.height, ": its data cannot be decoded"));
  }
  if (options.apply_exif_orientation) ApplyOrientation(structure.orientation, image);
  return absl::OkStatus();
}

}  // namespace avocet
