#include "engine/quantization/histogram.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace avocet {
namespace {

// TensorRT's number: eight bins a step of 8 bits.
constexpr std::size_t kBins = 2048;

}  // namespace

Histogram::Histogram() : bins_(kBins) {}

void Histogram::Widen(float largest) {
  if (bin_width_ == 0) {
    bin_width_ = double{largest} / static_cast<double>(kBins);
    return;
  }
  while (largest > bin_width_ * static_cast<double>(kBins)) {
    for (std::size_t i = 0; i < kBins / 2; ++i) bins_[i] = bins_[2 * i] + bins_[2 * i + 1];
    std::fill(bins_.begin() + kBins / 2, bins_.end(), 0);
    bin_width_ *= 2;
  }
}

void Histogram::Add(std::span<const float> values) {
  float largest = largest_;
  for (const float value : values) largest = std::max(largest, std::abs(value));
  if (largest > largest_) Widen(largest);
  largest_ = largest;
  if (largest == 0) {
    zeroes_ += static_cast<std::int64_t>(values.size());
    return;
  }
  const auto inverse = static_cast<float>(1 / bin_width_);
  for (const float value : values) {
    if (value == 0) {
      ++zeroes_;
    } else {
      const auto bin = static_cast<std::size_t>(std::abs(value) * inverse);
      ++bins_[std::min(bin, kBins - 1)];
    }
  }
}

std::int64_t Histogram::total() const {
  return std::accumulate(bins_.begin(), bins_.end(), zeroes_);
}

}  // namespace avocet
