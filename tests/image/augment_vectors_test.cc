// Training's operations against Pillow and torchvision, byte for byte (make_augment_vectors.py).
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engine/image/affine.h"
#include "engine/image/box_resize.h"
#include "engine/image/enhance.h"
#include "engine/image/flip.h"
#include "engine/image/grey.h"
#include "engine/image/tone.h"
#include "tests/image/test_images.h"

namespace avocet {
namespace {

using Arguments = std::vector<double>;
using Operation = std::function<void(const Arguments&, Image*)>;

constexpr std::array<std::uint8_t, 3> kFill = {10, 20, 30};

void Move(const AffineMatrix& matrix, Image* image) {
  Image moved;
  ApplyAffine(*image, matrix, kFill, &moved);
  *image = moved;
}

void ResizeBox(const Arguments& a, Image* image) {
  const auto whole = [&a](std::size_t i) { return static_cast<int>(a[i]); };
  Image resized;
  BoxResizer().Run(*image, {whole(0), whole(1), whole(2), whole(3)}, whole(4), whole(5),
                   a[6] == 0 ? Interpolation::kBilinear : Interpolation::kBicubic, &resized);
  *image = resized;
}

const std::map<std::string, Operation>& Operations() {
  using A = const Arguments&;
  static const std::map<std::string, Operation> operations = {
      {"brightness", [](A a, Image* i) { AdjustBrightness(static_cast<float>(a[0]), i); }},
      {"contrast", [](A a, Image* i) { AdjustContrast(static_cast<float>(a[0]), i); }},
      {"saturation", [](A a, Image* i) { AdjustSaturation(static_cast<float>(a[0]), i); }},
      {"sharpness", [](A a, Image* i) { AdjustSharpness(static_cast<float>(a[0]), i); }},
      {"hue", [](A a, Image* i) { AdjustHue(a[0], i); }},
      {"autocontrast", [](A, Image* i) { AutoContrast(i); }},
      {"equalize", [](A, Image* i) { Equalize(i); }},
      {"invert", [](A, Image* i) { Invert(i); }},
      {"grey", [](A, Image* i) { ToGrey(i); }},
      {"flip_horizontal", [](A, Image* i) { FlipHorizontal(i); }},
      {"flip_vertical", [](A, Image* i) { FlipVertical(i); }},
      {"posterize", [](A a, Image* i) { Posterize(static_cast<int>(a[0]), i); }},
      {"solarize", [](A a, Image* i) { Solarize(static_cast<int>(a[0]), i); }},
      {"solarize_add", [](A a, Image* i) { SolarizeAdd(static_cast<int>(a[0]), i); }},
      {"affine",
       [](A a, Image* i) {
         Move({a[0], a[1], a[2], a[3], a[4], a[5]}, i);
       }},
      {"motion",
       [](A a, Image* i) {
         Move(InverseMatrix({a[0], a[1], a[2], a[3], a[4]}, i->width, i->height), i);
       }},
      {"box", ResizeBox},
  };
  return operations;
}

// Whether the operation of `row` of augment.json makes of `image` what Pillow or torchvision makes
// of the sample.
bool EqualsPillow(Image image, const nlohmann::json& row) {
  Operations().at(row.at("operation"))(row.at("arguments").get<Arguments>(), &image);
  return Crc32(RgbOf(image)) == row.at("crc32").get<std::uint32_t>();
}

TEST(AugmentVectorsTest, EqualPillowAndTorchvision) {
  const Image picture = DecodeTestFile("images/rgb.png");
  const nlohmann::json rows = ReadTestJson("images/augment.json");
  ASSERT_GE(rows.size(), 40u);
  for (const nlohmann::json& row : rows) {
    EXPECT_TRUE(EqualsPillow(picture, row)) << row.dump();
  }
}

// The twin. The pixel lies in every row's box.
TEST(AugmentVectorsTest, OneOtherPixelDiffers) {
  const Image picture = WithOneOtherPixel(DecodeTestFile("images/rgb.png"), 10, 8);
  const nlohmann::json rows = ReadTestJson("images/augment.json");
  for (const nlohmann::json& row : rows) {
    // Factors of 0 leave one colour: black, or the mean of thousands of pixels.
    const bool has_factor =
        row.at("operation") == "brightness" || row.at("operation") == "contrast";
    if (has_factor && row.at("arguments").at(0) == 0) continue;
    EXPECT_FALSE(EqualsPillow(picture, row)) << row.dump();
  }
}

TEST(AugmentVectorsTest, PicturesOfOnePixelWork) {
  for (const auto& [name, operation] : Operations()) {
    if (name == "box") continue;
    Image image{1, 1, {7, 8, 9}};
    operation({1, 0, 0, 1, 0, 0, 0}, &image);
    EXPECT_EQ(image.bgr.size(), 3u) << name;
  }
}

}  // namespace
}  // namespace avocet
