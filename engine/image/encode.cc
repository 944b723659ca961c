#include "engine/image/encode.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"

namespace avocet {
namespace {

// The image's own pixels. OpenCV has no view of constant ones; nothing here writes to them.
cv::Mat View(const Image& image) {
  return {image.height, image.width, CV_8UC3, const_cast<std::uint8_t*>(image.bgr.data())};
}

absl::StatusOr<std::string> Encode(const Image& image, const char* extension,
                                   const std::vector<int>& parameters) {
  if (image.width < 1 || image.height < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected an image with pixels, found ", image.width, " x ", image.height));
  }
  AVOCET_CHECK(image.bgr.size() ==
               static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height) * 3);
  try {
    std::vector<std::uint8_t> encoded;
    if (cv::imencode(extension, View(image), encoded, parameters)) {
      return std::string(encoded.begin(), encoded.end());
    }
  } catch (const cv::Exception& error) {
    return absl::InternalError(absl::StrCat("cannot encode an image: ", error.what()));
  }
  return absl::InternalError(absl::StrCat("cannot encode an image of ", image.width, " x ",
                                          image.height, " pixels as ", extension));
}

}  // namespace

absl::StatusOr<std::string> EncodePng(const Image& image) { return Encode(image, ".png", {}); }

absl::StatusOr<std::string> EncodeJpeg(const Image& image, int quality) {
  return Encode(image, ".jpg", {cv::IMWRITE_JPEG_QUALITY, quality});
}

Image Thumbnail(const Image& image, int side) {
  AVOCET_CHECK(side >= 1);
  const int longest = std::max(image.width, image.height);
  if (longest <= side) return image;
  const auto shrunk = [&](int length) { return std::max(1, length * side / longest); };
  Image small{.width = shrunk(image.width), .height = shrunk(image.height), .bgr = {}};
  small.bgr.resize(static_cast<std::size_t>(small.width) * static_cast<std::size_t>(small.height) *
                   3);
  cv::Mat target(small.height, small.width, CV_8UC3, small.bgr.data());
  cv::resize(View(image), target, target.size(), 0, 0, cv::INTER_AREA);
  return small;
}

}  // namespace avocet
