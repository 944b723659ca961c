#include "engine/base/softmax.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>

#include "engine/base/check.h"

namespace avocet {

void Softmax(std::span<const float> logits, std::span<float> probabilities) {
  AVOCET_CHECK(logits.size() == probabilities.size());
  float largest = -std::numeric_limits<float>::infinity();
  for (const float logit : logits) largest = std::max(largest, logit);
  float sum = 0;
  for (size_t i = 0; i < logits.size(); ++i) {
    probabilities[i] = std::exp(logits[i] - largest);
    sum += probabilities[i];
  }
  for (float& probability : probabilities) probability /= sum;
}

void TopK(std::span<const float> values, int k, std::vector<int>& indices) {
  AVOCET_CHECK(k >= 0);
  indices.resize(values.size());
  std::iota(indices.begin(), indices.end(), 0);
  const size_t count = std::min(static_cast<size_t>(k), values.size());
  const auto ranks_before = [values](int a, int b) {
    const float x = values[static_cast<size_t>(a)];
    const float y = values[static_cast<size_t>(b)];
    // NaN compares false with everything, which is no order at all: rank it by hand.
    if (std::isnan(x) || std::isnan(y)) {
      return std::isnan(x) == std::isnan(y) ? a < b : std::isnan(y);
    }
    return x != y ? x > y : a < b;
  };
  std::partial_sort(indices.begin(), indices.begin() + static_cast<std::ptrdiff_t>(count),
                    indices.end(), ranks_before);
  indices.resize(count);
}

}  // namespace avocet
