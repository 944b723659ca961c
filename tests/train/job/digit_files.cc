#include "tests/train/job/digit_files.h"

#include <cstdint>
#include <fstream>
#include <vector>

namespace avocet {
namespace {

constexpr int kSide = 28;

void AppendBigEndian(std::string& bytes, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
}

void Write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// The grey values of one picture; `noise` goes on from picture to picture.
std::string Bar(int label, int classes, std::uint32_t& noise) {
  std::string pixels;
  const int first = 4 + label * (kSide - 8) / classes;
  for (int pixel = 0; pixel < kSide * kSide; ++pixel) {
    const int row = pixel / kSide;
    noise = noise * 1664525 + 1013904223;  // Numerical Recipes' generator
    const int value = static_cast<int>(noise >> 26) + (row >= first && row < first + 3 ? 180 : 0);
    pixels += static_cast<char>(value);
  }
  return pixels;
}

void WritePart(const std::string& folder, const std::string& name, int classes, int count) {
  std::string images, labels;
  AppendBigEndian(images, 0x803);
  AppendBigEndian(labels, 0x801);
  AppendBigEndian(images, static_cast<std::uint32_t>(count));
  AppendBigEndian(labels, static_cast<std::uint32_t>(count));
  AppendBigEndian(images, kSide);
  AppendBigEndian(images, kSide);
  std::uint32_t noise = static_cast<std::uint32_t>(count);
  for (int i = 0; i < count; ++i) {
    const int label = i % classes;
    labels += static_cast<char>(label);
    images += Bar(label, classes, noise);
  }
  Write(folder + "/" + name + "-images-idx3-ubyte", images);
  Write(folder + "/" + name + "-labels-idx1-ubyte", labels);
}

}  // namespace

void WriteDigitFiles(const std::string& folder, int classes, int train, int test) {
  WritePart(folder, "train", classes, train);
  WritePart(folder, "t10k", classes, test);
}

Image DigitPicture(int label, int classes) {
  std::uint32_t noise = 1;
  Image image{.width = kSide, .height = kSide, .bgr = {}};
  for (const char value : Bar(label, classes, noise)) {
    image.bgr.insert(image.bgr.end(), 3, static_cast<std::uint8_t>(value));
  }
  return image;
}

}  // namespace avocet
