#include "engine/metrics/confusion_matrix.h"

#include <numeric>

#include "absl/strings/str_cat.h"
#include "engine/base/check.h"
#include "engine/metrics/csv.h"

namespace avocet {
namespace {

double Share(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

ConfusionMatrix::ConfusionMatrix(int classes)
    : classes_(classes),
      counts_(static_cast<std::size_t>(classes) * static_cast<std::size_t>(classes)) {
  AVOCET_CHECK(classes >= 1);
}

std::size_t ConfusionMatrix::Index(int label, int predicted) const {
  AVOCET_CHECK(label >= 0 && label < classes_ && predicted >= 0 && predicted < classes_);
  return static_cast<std::size_t>(label) * static_cast<std::size_t>(classes_) +
         static_cast<std::size_t>(predicted);
}

std::int64_t ConfusionMatrix::total() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::int64_t{0});
}

double ConfusionMatrix::top1() const {
  std::int64_t right = 0;
  for (int i = 0; i < classes_; ++i) right += count(i, i);
  return Share(right, total());
}

std::vector<ClassQuality> ConfusionMatrix::per_class() const {
  std::vector<ClassQuality> classes(static_cast<std::size_t>(classes_));
  for (int label = 0; label < classes_; ++label) {
    for (int predicted = 0; predicted < classes_; ++predicted) {
      const std::int64_t images = count(label, predicted);
      classes[static_cast<std::size_t>(label)].images += images;
      classes[static_cast<std::size_t>(predicted)].predicted += images;
    }
  }
  for (int i = 0; i < classes_; ++i) {
    ClassQuality& quality = classes[static_cast<std::size_t>(i)];
    quality.precision = Share(count(i, i), quality.predicted);
    quality.recall = Share(count(i, i), quality.images);
    // 2 p r / (p + r), with the counts put in.
    quality.f1 = Share(2 * count(i, i), quality.images + quality.predicted);
  }
  return classes;
}

ClassQuality ConfusionMatrix::Mean(std::span<const ClassQuality> classes) {
  ClassQuality mean;
  double present = 0;
  for (const ClassQuality& quality : classes) {
    mean.images += quality.images;
    mean.predicted += quality.predicted;
    if (quality.images == 0) continue;
    present += 1;
    mean.precision += quality.precision;
    mean.recall += quality.recall;
    mean.f1 += quality.f1;
  }
  if (present > 0) {
    mean.precision /= present;
    mean.recall /= present;
    mean.f1 /= present;
  }
  return mean;
}

void ConfusionMatrix::SumOver(Collective& group) {
  std::vector<double> sums(counts_.begin(), counts_.end());  // exact up to 2^53 images
  group.Sum(std::span<double>(sums));
  for (std::size_t i = 0; i < sums.size(); ++i) counts_[i] = static_cast<std::int64_t>(sums[i]);
}

std::string ConfusionMatrix::ToCsv(std::span<const std::string> names) const {
  AVOCET_CHECK(std::ssize(names) == classes_);
  std::string csv = "true \\ predicted";
  for (const std::string& name : names) absl::StrAppend(&csv, ",", CsvField(name));
  csv += "\n";
  for (int label = 0; label < classes_; ++label) {
    csv += CsvField(names[static_cast<std::size_t>(label)]);
    for (int predicted = 0; predicted < classes_; ++predicted) {
      absl::StrAppend(&csv, ",", count(label, predicted));
    }
    csv += "\n";
  }
  return csv;
}

}  // namespace avocet
