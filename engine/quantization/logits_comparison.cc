#include "engine/quantization/logits_comparison.h"

#include <algorithm>
#include <cmath>

#include "engine/base/check.h"
#include "engine/base/softmax.h"

namespace avocet {
namespace {

constexpr float kCertain = 0.5f;

double Cosine(std::span<const float> a, std::span<const float> b) {
  double dot = 0, a_square = 0, b_square = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    dot += double{a[i]} * b[i];
    a_square += double{a[i]} * a[i];
    b_square += double{b[i]} * b[i];
  }
  const double norm = std::sqrt(a_square * b_square);
  return norm > 0 ? dot / norm : 0;
}

}  // namespace

double LogitsComparison::agreement() const {
  const int count = certain > 0 ? certain : images;
  return static_cast<double>(certain > 0 ? certain_agreeing : agreeing) / count;
}

LogitsComparison CompareLogits(std::span<const std::vector<float>> expected,
                               std::span<const std::vector<float>> found) {
  AVOCET_CHECK(expected.size() == found.size() && !expected.empty());
  LogitsComparison comparison;
  comparison.least_cosine = 1;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    AVOCET_CHECK(expected[i].size() == found[i].size());
    std::vector<float> probabilities(expected[i].size()), others(expected[i].size());
    Softmax(expected[i], probabilities);
    Softmax(found[i], others);
    for (std::size_t k = 0; k < others.size(); ++k) {
      comparison.largest_probability_change =
          std::max(comparison.largest_probability_change,
                   std::abs(double{probabilities[k]} - double{others[k]}));
    }
    const auto best = std::ranges::max_element(expected[i]) - expected[i].begin();
    const bool agrees = std::ranges::max_element(found[i]) - found[i].begin() == best;
    const bool certain = *std::ranges::max_element(probabilities) >= kCertain;
    ++comparison.images;
    if (agrees) ++comparison.agreeing;
    if (certain) ++comparison.certain;
    if (certain && agrees) ++comparison.certain_agreeing;
    const double cosine = Cosine(expected[i], found[i]);
    comparison.mean_cosine += cosine / static_cast<double>(expected.size());
    comparison.least_cosine = std::min(comparison.least_cosine, cosine);
  }
  return comparison;
}

}  // namespace avocet
