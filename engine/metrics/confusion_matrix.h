// Which class was taken for which: the table that precision and recall are read off.
#ifndef AVOCET_ENGINE_METRICS_CONFUSION_MATRIX_H_
#define AVOCET_ENGINE_METRICS_CONFUSION_MATRIX_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/base/collective.h"

namespace avocet {

// How well one class is recognised. A share with nothing to divide by is 0.
struct ClassQuality {
  std::int64_t images = 0;     // of this class
  std::int64_t predicted = 0;  // taken for this class
  double precision = 0;        // of those predicted, the share that is of this class
  double recall = 0;           // of its images, the share that was predicted so
  double f1 = 0;               // harmonic mean of the two
};

// Counts of images by true and predicted class; memory for classes^2 numbers.
class ConfusionMatrix {
 public:
  // `classes` >= 1.
  explicit ConfusionMatrix(int classes);

  int classes() const { return classes_; }
  // One image; both in [0, classes).
  void Add(int label, int predicted) { ++counts_[Index(label, predicted)]; }
  std::int64_t count(int label, int predicted) const { return counts_[Index(label, predicted)]; }
  std::int64_t total() const;
  // Share of images on the diagonal; 0 without images.
  double top1() const;

  std::vector<ClassQuality> per_class() const;
  // Mean over the classes that have images, each with the same weight.
  static ClassQuality Mean(std::span<const ClassQuality> classes);

  // Adds up the matrices of all members; the same on each of them afterwards.
  void SumOver(Collective& group);

  // A table for a spreadsheet (RFC 4180): one row a true class, one column a predicted one, names
  // in the first of each. `names` has one for each class.
  std::string ToCsv(std::span<const std::string> names) const;

 private:
  std::size_t Index(int label, int predicted) const;

  int classes_;
  std::vector<std::int64_t> counts_;  // [label, predicted]
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_METRICS_CONFUSION_MATRIX_H_
