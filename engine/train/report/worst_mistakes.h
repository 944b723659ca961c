// Keeps the most confident mistakes of an evaluation.
#ifndef AVOCET_ENGINE_TRAIN_REPORT_WORST_MISTAKES_H_
#define AVOCET_ENGINE_TRAIN_REPORT_WORST_MISTAKES_H_

#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/collective.h"

namespace avocet {

// The data set's index of an image stands for it; its picture is fetched at the end, for the few
// that are kept.
class WorstMistakes {
 public:
  struct Entry {
    std::int64_t image = 0;
    int label = 0;
    int predicted = 0;
    double confidence = 0;  // probability of the predicted class
  };

  // Keeps at most `kept` of them.
  WorstMistakes(int classes, int kept) : classes_(classes), kept_(kept) {}

  // The first images.size() rows of `logits` [N, classes], an image and a label each.
  void Add(std::span<const float> logits, std::span<const std::int64_t> images,
           std::span<const int> labels);

  // Keeps the worst of what the members of a group saw; the same on each of them afterwards.
  void MergeOver(Collective& group);

  // Most confident first; equal ones by image, so that the order of batches does not matter.
  std::span<const Entry> entries() const { return entries_; }

 private:
  void Insert(const Entry& entry);

  int classes_;
  int kept_;
  std::vector<Entry> entries_;
  std::vector<float> probabilities_;
  std::vector<int> top_;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_REPORT_WORST_MISTAKES_H_
