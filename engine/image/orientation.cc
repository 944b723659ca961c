#include "engine/image/orientation.h"

#include <cstdint>
#include <opencv2/core.hpp>
#include <utility>
#include <vector>

#include "engine/base/check.h"

namespace avocet {
namespace {

// cv::flip's codes.
constexpr int kUpsideDown = 0;
constexpr int kMirror = 1;
constexpr int kHalfTurn = -1;

cv::Mat View(int height, int width, std::vector<std::uint8_t>& bgr) {
  return cv::Mat(height, width, CV_8UC3, bgr.data());
}

void Transpose(Image* image) {
  std::vector<std::uint8_t> transposed(image->bgr.size());
  cv::Mat destination = View(image->width, image->height, transposed);
  cv::transpose(View(image->height, image->width, image->bgr), destination);
  image->bgr.swap(transposed);
  std::swap(image->width, image->height);
}

void Flip(int code, Image* image) {
  cv::Mat pixels = View(image->height, image->width, image->bgr);
  cv::flip(pixels, pixels, code);
}

}  // namespace

void ApplyOrientation(int orientation, Image* image) {
  AVOCET_CHECK(orientation >= 1 && orientation <= 8);
  if (orientation >= 5) Transpose(image);
  switch (orientation) {
    case 2:
    case 6:  // transposed and mirrored: a quarter turn clockwise
      return Flip(kMirror, image);
    case 3:
    case 7:
      return Flip(kHalfTurn, image);
    case 4:
    case 8:  // a quarter turn counter-clockwise
      return Flip(kUpsideDown, image);
    default:
      return;
  }
}

}  // namespace avocet
