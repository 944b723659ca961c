#include "engine/image/resize.h"

#include <algorithm>
#include <array>

#include "engine/base/check.h"
#include "engine/image/resize_kernels.h"

namespace avocet {
namespace {

std::size_t RowBytes(int width) { return 3 * static_cast<std::size_t>(width); }

}  // namespace

Resizer::Resizer()
    : horizontal_(kHorizontalGroup, kHorizontalRepeat), vertical_(/*group=*/1, /*repeat=*/1) {}

void Resizer::Run(const Image& image, const CropGeometry& geometry, Interpolation interpolation,
                  Emit emit) {
  AVOCET_CHECK(image.bgr.size() == RowBytes(image.width) * static_cast<std::size_t>(image.height));
  horizontal_.Build(geometry.x, interpolation);
  vertical_.Build(geometry.y, interpolation);
  taps_.resize(static_cast<std::size_t>(vertical_.max_taps()));
  padded_.resize(kHorizontalRows * (RowBytes(image.width) + kHorizontalReadSlack));
  if (geometry.vertical_first) {
    RunVerticalFirst(image, emit);
  } else {
    RunHorizontalFirst(image, emit);
  }
}

void Resizer::RunHorizontalFirst(const Image& image, Emit emit) {
  const std::size_t bytes = RowBytes(horizontal_.size());
  // A row's taps, and what a batch of rows makes beyond them.
  ring_rows_ = vertical_.max_taps() + kHorizontalRows - 1;
  ring_stride_ = bytes + kHorizontalWriteSlack;
  ring_.resize(static_cast<std::size_t>(ring_rows_) * ring_stride_);
  row_.resize(bytes);
  const ResizeTable::Taps& last = vertical_.taps(vertical_.size() - 1);
  const int end = last.first + last.count;
  int made =
      vertical_.taps(0).first;  // input rows before this one are in the ring, or no longer needed
  for (int y = 0; y < vertical_.size(); ++y) {
    const ResizeTable::Taps& taps = vertical_.taps(y);
    for (made = std::max(made, taps.first); made < taps.first + taps.count;
         made = std::min(made + kHorizontalRows, end)) {
      FillRing(image, made, end);
    }
    for (int t = 0; t < taps.count; ++t) {
      taps_[static_cast<std::size_t>(t)] = RingRow(taps.first + t);
    }
    ResizeColumns(taps_.data(), vertical_.weights(y), taps.count, bytes, row_.data());
    emit(y, row_.data());
  }
}

void Resizer::FillRing(const Image& image, int first, int end) {
  std::array<const std::uint8_t*, kHorizontalRows> sources;
  std::array<std::uint8_t*, kHorizontalRows> destinations;
  for (int i = 0; i < kHorizontalRows; ++i) {
    const int y = std::min(first + i, end - 1);
    const auto slot = static_cast<std::size_t>(i);
    sources[slot] = PaddedRow(image, y, slot);
    destinations[slot] = RingRow(y);
  }
  avocet::ResizeRows(sources.data(), horizontal_, destinations.data());
}

void Resizer::RunVerticalFirst(const Image& image, Emit emit) {
  const std::size_t input_bytes = RowBytes(image.width);
  row_.resize(RowBytes(horizontal_.size()) + kHorizontalWriteSlack);
  std::array<const std::uint8_t*, kHorizontalRows> sources;
  std::array<std::uint8_t*, kHorizontalRows> destinations;
  sources.fill(padded_.data());
  destinations.fill(row_.data());
  for (int y = 0; y < vertical_.size(); ++y) {
    const ResizeTable::Taps& taps = vertical_.taps(y);
    for (int t = 0; t < taps.count; ++t) {
      taps_[static_cast<std::size_t>(t)] =
          image.bgr.data() + static_cast<std::size_t>(taps.first + t) * input_bytes;
    }
    ResizeColumns(taps_.data(), vertical_.weights(y), taps.count, input_bytes, padded_.data());
    avocet::ResizeRows(sources.data(), horizontal_, destinations.data());
    emit(y, row_.data());
  }
}

const std::uint8_t* Resizer::PaddedRow(const Image& image, int y, std::size_t slot) {
  const std::size_t bytes = RowBytes(image.width);
  const std::size_t at = static_cast<std::size_t>(y) * bytes;
  if (at + bytes + kHorizontalReadSlack <= image.bgr.size()) return image.bgr.data() + at;
  std::uint8_t* copy = padded_.data() + slot * (bytes + kHorizontalReadSlack);
  std::copy_n(image.bgr.data() + at, bytes, copy);
  return copy;
}

std::uint8_t* Resizer::RingRow(int y) {
  return ring_.data() + static_cast<std::size_t>(y % ring_rows_) * ring_stride_;
}

}  // namespace avocet
