// The order of the floating-point operations below is part of the result; the build forbids fusing
// them (CMakeLists.txt).
#include "engine/image/affine.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>

#include "engine/base/check.h"

namespace avocet {
namespace {

double Radians(double degrees) { return degrees * std::numbers::pi / 180; }

double Mix(double a, double b, double share) { return a + (b - a) * share; }

// One pixel at (x, y), which lies within the picture; beyond the outermost centres their colour
// goes on.
void Sample(const Image& image, double x, double y, std::uint8_t* out) {
  x -= 0.5;
  y -= 0.5;
  const int left = static_cast<int>(std::floor(x));
  const int top = static_cast<int>(std::floor(y));
  const double dx = x - left;
  const double dy = y - top;
  const auto pixel = [&image](int column, int row) {
    const int cx = std::clamp(column, 0, image.width - 1);
    const int cy = std::clamp(row, 0, image.height - 1);
    return image.bgr.data() +
           3 * (static_cast<std::size_t>(cy) * static_cast<std::size_t>(image.width) +
                static_cast<std::size_t>(cx));
  };
  const std::uint8_t* corners[] = {pixel(left, top), pixel(left + 1, top), pixel(left, top + 1),
                                   pixel(left + 1, top + 1)};
  for (int c = 0; c < 3; ++c) {
    const double upper = Mix(corners[0][c], corners[1][c], dx);
    const double lower = Mix(corners[2][c], corners[3][c], dx);
    out[c] = static_cast<std::uint8_t>(Mix(upper, lower, dy));
  }
}

}  // namespace

AffineMatrix InverseMatrix(const AffineMotion& motion, int width, int height) {
  const double angle = Radians(motion.degrees);
  const double tangent = std::tan(Radians(motion.shear));
  const double a = std::cos(angle);
  const double b = -std::cos(angle) * tangent - std::sin(angle);
  const double c = std::sin(angle);
  const double d = -std::sin(angle) * tangent + std::cos(angle);
  const double center_x = width * 0.5;
  const double center_y = height * 0.5;
  AffineMatrix matrix = {d / motion.scale,  -b / motion.scale, 0,
                         -c / motion.scale, a / motion.scale,  0};
  const double x = -center_x - motion.translate_x;
  const double y = -center_y - motion.translate_y;
  matrix[2] = matrix[0] * x + matrix[1] * y + center_x;
  matrix[5] = matrix[3] * x + matrix[4] * y + center_y;
  return matrix;
}

void ApplyAffine(const Image& image, const AffineMatrix& matrix,
                 const std::array<std::uint8_t, 3>& fill, Image* moved) {
  AVOCET_CHECK(&image != moved);
  moved->width = image.width;
  moved->height = image.height;
  moved->bgr.resize(image.bgr.size());
  std::uint8_t* out = moved->bgr.data();
  for (int row = 0; row < image.height; ++row) {
    for (int column = 0; column < image.width; ++column, out += 3) {
      const double x = matrix[0] * (column + 0.5) + matrix[1] * (row + 0.5) + matrix[2];
      const double y = matrix[3] * (column + 0.5) + matrix[4] * (row + 0.5) + matrix[5];
      // False also for what is no number.
      if (x >= 0 && x < image.width && y >= 0 && y < image.height) {
        Sample(image, x, y, out);
      } else {
        for (std::size_t c = 0; c < 3; ++c) out[c] = fill[2 - c];
      }
    }
  }
}

}  // namespace avocet
