#include "engine/image/tone.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace avocet {
namespace {

using Table = std::array<std::uint8_t, 256>;
using Histogram = std::array<std::int64_t, 256>;

template <typename Function>
Table MakeTable(Function value_of) {
  Table table;
  for (int value = 0; value < 256; ++value) {
    table[static_cast<std::size_t>(value)] =
        static_cast<std::uint8_t>(std::clamp<int>(value_of(value), 0, 255));
  }
  return table;
}

template <typename Function>
void Map(Image* image, Function value_of) {
  const Table table = MakeTable(value_of);
  for (std::uint8_t& value : image->bgr) value = table[value];
}

// Each channel through the table that `table_of` makes of its histogram.
template <typename Function>
void MapChannels(Image* image, Function table_of) {
  std::array<Histogram, 3> histograms = {};
  for (std::size_t i = 0; i < image->bgr.size(); ++i) ++histograms[i % 3][image->bgr[i]];
  std::array<Table, 3> tables;
  for (std::size_t c = 0; c < 3; ++c) tables[c] = table_of(histograms[c]);
  for (std::size_t i = 0; i < image->bgr.size(); ++i) {
    image->bgr[i] = tables[i % 3][image->bgr[i]];
  }
}

Table StretchTable(const Histogram& histogram) {
  const auto used = [](std::int64_t count) { return count != 0; };
  const auto low = std::find_if(histogram.begin(), histogram.end(), used) - histogram.begin();
  const auto high =
      255 - (std::find_if(histogram.rbegin(), histogram.rend(), used) - histogram.rbegin());
  if (high <= low) return MakeTable([](int value) { return value; });
  const double scale = 255.0 / static_cast<double>(high - low);
  const double offset = static_cast<double>(-low) * scale;
  return MakeTable([&](int value) { return static_cast<int>(value * scale + offset); });
}

Table EqualizeTable(const Histogram& histogram) {
  std::int64_t total = 0;
  std::int64_t last = 0;
  for (const std::int64_t count : histogram) {
    total += count;
    if (count != 0) last = count;
  }
  const std::int64_t step = (total - last) / 255;
  if (step == 0) return MakeTable([](int value) { return value; });
  std::int64_t below = step / 2;
  return MakeTable([&](int value) {
    const auto mapped = static_cast<int>(below / step);
    below += histogram[static_cast<std::size_t>(value)];
    return mapped;
  });
}

}  // namespace

void AutoContrast(Image* image) { MapChannels(image, StretchTable); }

void Equalize(Image* image) { MapChannels(image, EqualizeTable); }

void Invert(Image* image) {
  Map(image, [](int value) { return 255 - value; });
}

void Posterize(int bits, Image* image) {
  Map(image, [bits](int value) { return value >> (8 - bits) << (8 - bits); });
}

void Solarize(int threshold, Image* image) {
  Map(image, [threshold](int value) { return value < threshold ? value : 255 - value; });
}

void SolarizeAdd(int addition, Image* image) {
  Map(image, [addition](int value) { return value < 128 ? value + addition : value; });
}

}  // namespace avocet
