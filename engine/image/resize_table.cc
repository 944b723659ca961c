// The order of the floating-point operations below is part of the result; the build forbids fusing
// them (CMakeLists.txt).
#include "engine/image/resize_table.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/base/check.h"

namespace avocet {
namespace {

double Bilinear(double x) {
  x = std::fabs(x);
  return x < 1.0 ? 1.0 - x : 0.0;
}

// Keys' cubic with a = -0.5.
double Bicubic(double x) {
  constexpr double a = -0.5;
  x = std::fabs(x);
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  if (x < 2.0) return (((x - 5) * x + 8) * x - 4) * a;
  return 0.0;
}

double Sinc(double x) {
  if (x == 0.0) return 1.0;
  x = x * std::numbers::pi;
  return std::sin(x) / x;
}

double Lanczos(double x) { return -3.0 <= x && x < 3.0 ? Sinc(x) * Sinc(x / 3) : 0.0; }

double Filter(Interpolation interpolation, double x) {
  switch (interpolation) {
    case Interpolation::kBilinear:
      return Bilinear(x);
    case Interpolation::kBicubic:
      return Bicubic(x);
    case Interpolation::kLanczos:
      return Lanczos(x);
  }
  return 0.0;
}

// Half the filter's width, in input pixels of an enlargement.
double Support(Interpolation interpolation) {
  switch (interpolation) {
    case Interpolation::kBilinear:
      return 1.0;
    case Interpolation::kBicubic:
      return 2.0;
    case Interpolation::kLanczos:
      return 3.0;
  }
  return 0.0;
}

std::int32_t ToFixedPoint(double weight) {
  const double scaled = weight * (1 << kResizeBits);
  return static_cast<std::int32_t>(weight < 0 ? scaled - 0.5 : scaled + 0.5);
}

// Where output pixel `index` has its centre, in input pixels.
double CenterOf(std::int64_t index, double scale) {
  return (static_cast<double>(index) + 0.5) * scale;
}

}  // namespace

void ResizeTable::Build(const AxisWindow& window, Interpolation interpolation) {
  if (window == window_ && interpolation == interpolation_) return;
  AVOCET_CHECK(window.input >= 1 && window.resized >= 1 && window.count >= 1);
  window_ = window;
  interpolation_ = interpolation;
  const double scale = static_cast<double>(window.input) / static_cast<double>(window.resized);
  const double support = Support(interpolation) * std::max(scale, 1.0);  // widened: antialiasing

  taps_.resize(static_cast<std::size_t>(window.count));
  max_taps_ = ComputeTaps(window, support, scale);
  padded_taps_ = (max_taps_ + group_ - 1) / group_ * group_;
  weights_.assign(taps_.size() * stride(), 0);
  ComputeWeights(window, scale);
}

int ResizeTable::ComputeTaps(const AxisWindow& window, double support, double scale) {
  int most = 0;
  for (int i = 0; i < window.count; ++i) {
    Taps& taps = taps_[static_cast<std::size_t>(i)];
    if (window.input == window.resized) {
      // Pillow skips the pass; one tap of weight 1 does the same.
      taps = {static_cast<std::int32_t>(window.first + i), 1};
    } else {
      const double center = CenterOf(window.first + i, scale);
      // Truncated, as Pillow does.
      const double low = center - support + 0.5;
      const double high = center + support + 0.5;
      const auto first = std::max<std::int64_t>(0, static_cast<std::int64_t>(low));
      const auto end = std::min(window.input, static_cast<std::int64_t>(high));
      taps = {static_cast<std::int32_t>(first), static_cast<std::int32_t>(end - first)};
    }
    most = std::max(most, taps.count);
  }
  return most;
}

void ResizeTable::ComputeWeights(const AxisWindow& window, double scale) {
  const double inverse = 1.0 / std::max(scale, 1.0);
  exact_.resize(static_cast<std::size_t>(max_taps_));
  for (int i = 0; i < window.count; ++i) {
    const Taps& taps = taps_[static_cast<std::size_t>(i)];
    const double center = CenterOf(window.first + i, scale);
    double sum = 0.0;
    for (int t = 0; t < taps.count; ++t) {
      double& weight = exact_[static_cast<std::size_t>(t)];
      weight = Filter(interpolation_, (t + taps.first - center + 0.5) * inverse);
      sum += weight;
    }
    std::int32_t* out = weights_.data() + static_cast<std::size_t>(i) * stride();
    for (int t = 0; t < taps.count; ++t) {
      double weight = exact_[static_cast<std::size_t>(t)];
      if (sum != 0.0) weight /= sum;
      out = std::fill_n(out, repeat_, ToFixedPoint(weight));
    }
  }
}

}  // namespace avocet
