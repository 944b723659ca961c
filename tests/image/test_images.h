// What the image tests share: sample files and checksums of pixels.
#ifndef AVOCET_TESTS_IMAGE_TEST_IMAGES_H_
#define AVOCET_TESTS_IMAGE_TEST_IMAGES_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "engine/base/preprocess_config.h"
#include "engine/image/image.h"

namespace avocet {

// The bytes of a file under tests/data, for example "images/rgb.png"; fails the test when it cannot
// be read.
std::string ReadTestFile(const std::string& name);

nlohmann::json ReadTestJson(const std::string& name);

// Decodes such a file with the default options; fails the test on an error.
Image DecodeTestFile(const std::string& name);

// zlib's CRC-32.
std::uint32_t Crc32(std::span<const std::uint8_t> bytes);

// The pixels in RGB order.
std::vector<std::uint8_t> RgbOf(const Image& image);

// With the pixel at (x, y) as far off as bytes allow: for twins, whose comparisons must find such
// an image unequal. Without a place: the pixel in the middle, which every crop keeps.
Image WithOneOtherPixel(Image image, int x, int y);
Image WithOneOtherPixel(const Image& image);

// The names of timm's filters and crop modes.
Interpolation InterpolationNamed(const std::string& name);
CropMode CropModeNamed(const std::string& name);

// The crop of an image, RGB.
std::vector<std::uint8_t> CropOf(const Image& image, const PreprocessConfig& config);

}  // namespace avocet

#endif  // AVOCET_TESTS_IMAGE_TEST_IMAGES_H_
