#include "engine/quantization/clip_range.h"

#include <algorithm>
#include <limits>

namespace avocet {
namespace {

constexpr double kPercentile = 0.9999;  // of all values, zeroes included
constexpr int kCandidates = 256;        // ends of the range that are tried

// The end of the range below which the share kPercentile of the values lies.
double PercentileEnd(const Histogram& histogram) {
  const double wanted = kPercentile * static_cast<double>(histogram.total());
  double below = static_cast<double>(histogram.zeroes());
  for (std::size_t i = 0; i < histogram.bins().size(); ++i) {
    below += static_cast<double>(histogram.bins()[i]);
    if (below >= wanted) return static_cast<double>(i + 1) * histogram.bin_width();
  }
  return double{histogram.largest()};
}

// Sum of the squared errors, values taken at the middle of their bins. Inside, rounding errors are
// spread evenly over a step.
double SquaredError(const Histogram& histogram, double end, double levels) {
  const double step = end / levels;
  double inside = 0, outside = 0;
  for (std::size_t i = 0; i < histogram.bins().size(); ++i) {
    const auto count = static_cast<double>(histogram.bins()[i]);
    const double value = (static_cast<double>(i) + 0.5) * histogram.bin_width();
    if (value <= end) {
      inside += count;
    } else {
      outside += count * (value - end) * (value - end);
    }
  }
  return inside * step * step / 12 + outside;
}

double LeastErrorEnd(const Histogram& histogram, double levels) {
  double best = double{histogram.largest()};
  double least = std::numeric_limits<double>::infinity();
  for (int i = 1; i <= kCandidates; ++i) {
    const double end = double{histogram.largest()} * i / kCandidates;
    const double error = SquaredError(histogram, end, levels);
    if (error < least) {
      least = error;
      best = end;
    }
  }
  return best;
}

}  // namespace

QuantizedActivation ChooseRange(const Histogram& histogram, bool is_signed, RangeMethod method) {
  const double levels = is_signed ? 127 : 255;
  double end = double{histogram.largest()};
  if (method == RangeMethod::kPercentile) end = std::min(end, PercentileEnd(histogram));
  if (method == RangeMethod::kMeanSquaredError) end = LeastErrorEnd(histogram, levels);
  const auto scale = static_cast<float>(end / levels);
  return {scale >= std::numeric_limits<float>::min() ? scale : 1.0f, is_signed};
}

}  // namespace avocet
