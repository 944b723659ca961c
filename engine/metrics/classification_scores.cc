#include "engine/metrics/classification_scores.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "engine/base/check.h"
#include "engine/base/softmax.h"

namespace avocet {
namespace {

// -log(softmax(logits)[label]) in double precision; NaN for logits that are not numbers.
double CrossEntropy(std::span<const float> logits, std::size_t label) {
  const double largest = *std::ranges::max_element(logits);
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - largest);
  return std::log(sum) + largest - logits[label];
}

double Mean(double sum, std::int64_t images) {
  return images == 0 ? 0.0 : sum / static_cast<double>(images);
}

}  // namespace

void ClassificationScores::Add(std::span<const float> logits, std::span<const int> labels) {
  const std::size_t classes = static_cast<std::size_t>(confusion_.classes());
  AVOCET_CHECK(labels.size() * classes <= logits.size());
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::span<const float> row = logits.subspan(i * classes, classes);
    const bool numbers = std::ranges::none_of(row, [](float logit) { return std::isnan(logit); });
    TopK(row, 5, top_);
    confusion_.Add(labels[i], top_.front());  // checks the label
    first_ += numbers && top_.front() == labels[i];
    among_five_ += numbers && std::ranges::find(top_, labels[i]) != top_.end();
    loss_sum_ += CrossEntropy(row, static_cast<std::size_t>(labels[i]));
    ++images_;
  }
}

double ClassificationScores::top1() const { return Mean(static_cast<double>(first_), images_); }
double ClassificationScores::top5() const {
  return Mean(static_cast<double>(among_five_), images_);
}
double ClassificationScores::loss() const { return Mean(loss_sum_, images_); }

void ClassificationScores::SumOver(Collective& group) {
  confusion_.SumOver(group);
  std::array<double, 4> sums = {static_cast<double>(images_), static_cast<double>(first_),
                                static_cast<double>(among_five_), loss_sum_};
  group.Sum(std::span<double>(sums));
  images_ = static_cast<std::int64_t>(sums[0]);
  first_ = static_cast<std::int64_t>(sums[1]);
  among_five_ = static_cast<std::int64_t>(sums[2]);
  loss_sum_ = sums[3];
}

}  // namespace avocet
