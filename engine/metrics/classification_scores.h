// How well a network classifies a set of images, accumulated batch by batch.
//
//   ClassificationScores scores(classes);
//   for (...) scores.Add(plan->logits(), labels);
//   scores.top1(), scores.confusion().per_class()
#ifndef AVOCET_ENGINE_METRICS_CLASSIFICATION_SCORES_H_
#define AVOCET_ENGINE_METRICS_CLASSIFICATION_SCORES_H_

#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/collective.h"
#include "engine/metrics/confusion_matrix.h"

namespace avocet {

class ClassificationScores {
 public:
  // `classes` >= 1.
  explicit ClassificationScores(int classes) : confusion_(classes) {}

  // The first labels.size() rows of `logits` [N, classes]; labels in [0, classes). A row with a
  // value that is not a number counts as wrong, for the class that TopK puts first.
  void Add(std::span<const float> logits, std::span<const int> labels);

  std::int64_t images() const { return images_; }
  // Shares of images, 0 to 1: the label is the first, is among the first five. 0 without images.
  double top1() const;
  double top5() const;
  // Mean cross-entropy in nats; 0 without images.
  double loss() const;
  const ConfusionMatrix& confusion() const { return confusion_; }

  // Adds up what the members saw; the same on each of them afterwards.
  void SumOver(Collective& group);

 private:
  ConfusionMatrix confusion_;
  std::int64_t images_ = 0;
  std::int64_t first_ = 0;
  std::int64_t among_five_ = 0;
  double loss_sum_ = 0;
  std::vector<int> top_;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_METRICS_CLASSIFICATION_SCORES_H_
