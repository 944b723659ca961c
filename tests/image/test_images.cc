#include "tests/image/test_images.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <fstream>
#include <iterator>
#include <map>
#include <utility>

#include "engine/image/decode.h"
#include "engine/image/preprocessor.h"

namespace avocet {

std::string ReadTestFile(const std::string& name) {
  std::ifstream file(std::string(AVOCET_TEST_DATA) + "/" + name, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << name;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

nlohmann::json ReadTestJson(const std::string& name) {
  return nlohmann::json::parse(ReadTestFile(name));
}

Image DecodeTestFile(const std::string& name) {
  Image image;
  const absl::Status status = Decode(ReadTestFile(name), DecodeOptions(), &image);
  EXPECT_TRUE(status.ok()) << name << ": " << status;
  return image;
}

std::uint32_t Crc32(std::span<const std::uint8_t> bytes) {
  constexpr std::uint32_t kPolynomial = 0xedb88320u;
  std::uint32_t crc = ~0u;
  for (const std::uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? kPolynomial : 0);
  }
  return ~crc;
}

std::vector<std::uint8_t> RgbOf(const Image& image) {
  std::vector<std::uint8_t> rgb = image.bgr;
  for (std::size_t i = 0; i < rgb.size(); i += 3) std::swap(rgb[i], rgb[i + 2]);
  return rgb;
}

Image WithOneOtherPixel(Image image, int x, int y) {
  const auto pixel = static_cast<std::size_t>(y * image.width + x);
  for (std::size_t i = 3 * pixel; i < 3 * pixel + 3; ++i) {
    image.bgr[i] = image.bgr[i] < 128 ? 255 : 0;
  }
  return image;
}

Image WithOneOtherPixel(const Image& image) {
  return WithOneOtherPixel(image, image.width / 2, image.height / 2);
}

Interpolation InterpolationNamed(const std::string& name) {
  const std::map<std::string, Interpolation> names = {{"bilinear", Interpolation::kBilinear},
                                                      {"bicubic", Interpolation::kBicubic},
                                                      {"lanczos", Interpolation::kLanczos}};
  return names.at(name);
}

CropMode CropModeNamed(const std::string& name) {
  const std::map<std::string, CropMode> names = {
      {"center", CropMode::kCenter}, {"squash", CropMode::kSquash}, {"border", CropMode::kBorder}};
  return names.at(name);
}

std::vector<std::uint8_t> CropOf(const Image& image, const PreprocessConfig& config) {
  const auto preprocessor = Preprocessor::Create(config);
  EXPECT_TRUE(preprocessor.ok()) << preprocessor.status();
  if (!preprocessor.ok()) return {};
  Preprocessor::Scratch scratch;
  std::vector<std::uint8_t> crop(static_cast<std::size_t>(3 * config.height * config.width));
  preprocessor->CropRgb(image, &scratch, crop);
  return crop;
}

}  // namespace avocet
