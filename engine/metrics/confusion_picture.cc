#include "engine/metrics/confusion_picture.h"

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/base/check.h"

namespace avocet {
namespace {

using Colour = std::array<double, 3>;  // blue, green, red

constexpr Colour kRight = {235, 99, 37};
constexpr Colour kWrong = {38, 38, 220};

}  // namespace

Image DrawConfusionMatrix(const ConfusionMatrix& matrix, int cell) {
  AVOCET_CHECK(cell >= 1);
  const int side = matrix.classes() * cell;
  Image picture{.width = side, .height = side, .bgr = {}};
  picture.bgr.reserve(static_cast<std::size_t>(side) * static_cast<std::size_t>(side) * 3);
  const std::vector<ClassQuality> classes = matrix.per_class();
  for (int y = 0; y < side; ++y) {
    const int label = y / cell;
    const auto images = static_cast<double>(classes[static_cast<std::size_t>(label)].images);
    for (int x = 0; x < side; ++x) {
      const int predicted = x / cell;
      const auto count = static_cast<double>(matrix.count(label, predicted));
      // The square root lets rare mistakes be seen.
      const double tint = images == 0 ? 0 : std::sqrt(count / images);
      const Colour& colour = label == predicted ? kRight : kWrong;
      for (const double channel : colour) {
        picture.bgr.push_back(static_cast<std::uint8_t>(std::lround(255 + tint * (channel - 255))));
      }
    }
  }
  return picture;
}

}  // namespace avocet
