#include "engine/onednn/quantize_weights.h"

#include <algorithm>
#include <cmath>

#include "dnnl.hpp"
#include "engine/base/check.h"

namespace avocet {

float LargestInt8Weight(bool is_guarded) {
  if (is_guarded) return 127.0f;
  switch (dnnl::get_effective_cpu_isa()) {
    case dnnl::cpu_isa::sse41:
    case dnnl::cpu_isa::avx:
    case dnnl::cpu_isa::avx2:
    case dnnl::cpu_isa::avx512_core:
      return 64.0f;
    default:
      return 127.0f;
  }
}

void QuantizeWeights(std::span<const float> weights, std::size_t taps, float largest,
                     std::span<std::int8_t> quantized, std::span<float> scales) {
  AVOCET_CHECK(quantized.size() == weights.size() && !scales.empty());
  AVOCET_CHECK(weights.size() % scales.size() == 0);
  const std::size_t filter_size = weights.size() / scales.size();
  AVOCET_CHECK(taps > 0 && filter_size % taps == 0);
  for (std::size_t c = 0; c < scales.size(); ++c) {
    const std::span<const float> filter = weights.subspan(c * filter_size, filter_size);
    float magnitude = 0;
    for (const float weight : filter) magnitude = std::max(magnitude, std::abs(weight));
    // Below the smallest normal number, the quotient would not be exact enough to divide by.
    const float scale = magnitude / largest >= 1e-30f ? magnitude / largest : 1.0f;
    scales[c] = scale;
    for (std::size_t plane = 0; plane < filter_size; plane += taps) {
      float error = 0;
      for (std::size_t t = plane; t < plane + taps; ++t) {
        const float wanted = filter[t] / scale + error;
        const float rounded = std::clamp(std::nearbyint(wanted), -largest, largest);
        error = wanted - rounded;
        quantized[c * filter_size + t] = static_cast<std::int8_t>(rounded);
      }
    }
  }
}

}  // namespace avocet
