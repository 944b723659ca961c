#include "engine/image/enhance.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/image/grey.h"

namespace avocet {
namespace {

// Pillow's blend of a degenerate picture's value with the picture's: truncated, in float32.
std::uint8_t Blend(int degenerate, int value, float factor) {
  const float mixed =
      static_cast<float>(degenerate) + factor * static_cast<float>(value - degenerate);
  return static_cast<std::uint8_t>(std::clamp(mixed, 0.0f, 255.0f));
}

std::uint8_t LumaOf(const std::uint8_t* bgr) { return Luma(bgr[2], bgr[1], bgr[0]); }

// All values through a table.
void BlendWith(int degenerate, float factor, Image* image) {
  std::array<std::uint8_t, 256> table;
  for (int value = 0; value < 256; ++value) {
    table[static_cast<std::size_t>(value)] = Blend(degenerate, value, factor);
  }
  for (std::uint8_t& value : image->bgr) value = table[value];
}

// The 3 x 3 mean with the centre five times; pixels of the border stay.
std::vector<std::uint8_t> Smoothed(const Image& image) {
  std::vector<std::uint8_t> smooth = image.bgr;
  const std::size_t row = 3 * static_cast<std::size_t>(image.width);
  for (std::size_t y = 1; y + 1 < static_cast<std::size_t>(image.height); ++y) {
    for (std::size_t i = y * row + 3; i + 3 < (y + 1) * row; ++i) {
      const std::uint8_t* p = image.bgr.data() + i;
      const std::uint8_t* above = p - row;
      const std::uint8_t* below = p + row;
      // From the pixel to the left to the one to the right.
      const int sum = *(above - 3) + above[0] + above[3] + *(p - 3) + 5 * p[0] + p[3] +
                      *(below - 3) + below[0] + below[3];
      smooth[i] = static_cast<std::uint8_t>((2 * sum + 13) / 26);
    }
  }
  return smooth;
}

struct Hsv {
  std::uint8_t h;
  std::uint8_t s;
  std::uint8_t v;
};

// Pillow's conversions, float32 where it is.
Hsv ToHsv(std::uint8_t r, std::uint8_t g, std::uint8_t b) {
  const std::uint8_t most = std::max({r, g, b});
  const std::uint8_t least = std::min({r, g, b});
  if (most == least) return {0, 0, most};
  const auto range = static_cast<float>(most - least);
  const float s = range / static_cast<float>(most);
  const float rc = static_cast<float>(most - r) / range;
  const float gc = static_cast<float>(most - g) / range;
  const float bc = static_cast<float>(most - b) / range;
  float h = 0;
  if (r == most) {
    h = bc - gc;
  } else if (g == most) {
    h = static_cast<float>(2.0 + static_cast<double>(rc) - static_cast<double>(bc));
  } else {
    h = static_cast<float>(4.0 + static_cast<double>(gc) - static_cast<double>(rc));
  }
  h = static_cast<float>(std::fmod(static_cast<double>(h) / 6.0 + 1.0, 1.0));
  return {static_cast<std::uint8_t>(static_cast<double>(h) * 255.0),
          static_cast<std::uint8_t>(static_cast<double>(s) * 255.0), most};
}

// To blue, green, red.
void FromHsv(const Hsv& hsv, std::uint8_t* bgr) {
  const double sixths = static_cast<float>(hsv.h) * 6.0 / 255.0;
  const int sector = static_cast<int>(std::floor(sixths));
  const float f = static_cast<float>(sixths - static_cast<double>(sector));
  const float s = static_cast<float>(static_cast<float>(hsv.s) / 255.0);
  const auto scaled = [&hsv](double share) {
    return static_cast<std::uint8_t>(std::clamp(std::round(hsv.v * share), 0.0, 255.0));
  };
  const std::uint8_t v = hsv.v;
  const std::uint8_t p = scaled(1.0 - static_cast<double>(s));
  const std::uint8_t q = scaled(1.0 - static_cast<double>(s * f));
  const std::uint8_t t = scaled(1.0 - static_cast<double>(s) * (1.0 - static_cast<double>(f)));
  const std::array<std::array<std::uint8_t, 3>, 6> colors = {
      {{p, t, v}, {p, v, q}, {t, v, p}, {v, q, p}, {v, p, t}, {q, p, v}}};
  std::copy_n(colors[static_cast<std::size_t>(sector % 6)].begin(), 3, bgr);
}

}  // namespace

void AdjustBrightness(float factor, Image* image) { BlendWith(0, factor, image); }

void AdjustContrast(float factor, Image* image) {
  double sum = 0;
  for (std::size_t i = 0; i < image->bgr.size(); i += 3) sum += LumaOf(image->bgr.data() + i);
  const double pixels = static_cast<double>(image->bgr.size()) / 3;
  BlendWith(static_cast<int>(sum / pixels + 0.5), factor, image);
}

void AdjustSaturation(float factor, Image* image) {
  for (std::size_t i = 0; i < image->bgr.size(); i += 3) {
    std::uint8_t* bgr = image->bgr.data() + i;
    const int grey = LumaOf(bgr);
    for (std::size_t c = 0; c < 3; ++c) bgr[c] = Blend(grey, bgr[c], factor);
  }
}

void AdjustSharpness(float factor, Image* image) {
  const std::vector<std::uint8_t> smooth = Smoothed(*image);
  for (std::size_t i = 0; i < smooth.size(); ++i) {
    image->bgr[i] = Blend(smooth[i], image->bgr[i], factor);
  }
}

void AdjustHue(double turns, Image* image) {
  const int shift = static_cast<int>(turns * 255);
  for (std::size_t i = 0; i < image->bgr.size(); i += 3) {
    std::uint8_t* bgr = image->bgr.data() + i;
    Hsv hsv = ToHsv(bgr[2], bgr[1], bgr[0]);
    hsv.h = static_cast<std::uint8_t>(hsv.h + shift);
    FromHsv(hsv, bgr);
  }
}

}  // namespace avocet
