#include "engine/onednn/quantize_weights.h"

#include <algorithm>
#include <cmath>

#include "engine/base/check.h"

namespace avocet {
namespace {

constexpr float kLargest = 127.0f;  // -128 stays unused: the range is symmetric

}  // namespace

void QuantizeWeights(std::span<const float> weights, std::size_t taps,
                     std::span<std::int8_t> quantized, std::span<float> scales) {
  AVOCET_CHECK(quantized.size() == weights.size() && !scales.empty());
  AVOCET_CHECK(weights.size() % scales.size() == 0);
  const std::size_t filter_size = weights.size() / scales.size();
  AVOCET_CHECK(taps > 0 && filter_size % taps == 0);
  for (std::size_t c = 0; c < scales.size(); ++c) {
    const std::span<const float> filter = weights.subspan(c * filter_size, filter_size);
    float largest = 0;
    for (const float weight : filter) largest = std::max(largest, std::abs(weight));
    // Below the smallest normal number, the quotient would not be exact enough to divide by.
    const float scale = largest / kLargest >= 1e-30f ? largest / kLargest : 1.0f;
    scales[c] = scale;
    for (std::size_t plane = 0; plane < filter_size; plane += taps) {
      float error = 0;
      for (std::size_t t = plane; t < plane + taps; ++t) {
        const float wanted = filter[t] / scale + error;
        const float rounded = std::clamp(std::nearbyint(wanted), -kLargest, kLargest);
        error = wanted - rounded;
        quantized[c * filter_size + t] = static_cast<std::int8_t>(rounded);
      }
    }
  }
}

}  // namespace avocet
