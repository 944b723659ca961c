#include "engine/train/report/worst_mistakes.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <tuple>

#include "engine/base/check.h"
#include "engine/base/softmax.h"

namespace avocet {

void WorstMistakes::Add(std::span<const float> logits, std::span<const std::int64_t> images,
                        std::span<const int> labels) {
  const std::size_t classes = static_cast<std::size_t>(classes_);
  AVOCET_CHECK(images.size() == labels.size() && logits.size() >= images.size() * classes);
  probabilities_.resize(classes);
  for (std::size_t i = 0; i < images.size(); ++i) {
    Softmax(logits.subspan(i * classes, classes), probabilities_);
    TopK(probabilities_, 1, top_);
    const double confidence = probabilities_[static_cast<std::size_t>(top_.front())];
    if (top_.front() == labels[i] || std::isnan(confidence)) continue;
    Insert({images[i], labels[i], top_.front(), confidence});
  }
}

void WorstMistakes::MergeOver(Collective& group) {
  // A place for each entry of each member; confidence 0, which no mistake has, for those without.
  constexpr std::size_t kFields = 4;
  const std::size_t places = static_cast<std::size_t>(kept_) * kFields;
  std::vector<double> fields(places * static_cast<std::size_t>(group.size()));
  auto field = fields.begin() + static_cast<std::ptrdiff_t>(places) * group.rank();
  for (const Entry& entry : entries_) {
    *field++ = static_cast<double>(entry.image);
    *field++ = entry.label;
    *field++ = entry.predicted;
    *field++ = entry.confidence;
  }
  group.Sum(std::span<double>(fields));
  entries_.clear();
  for (std::size_t i = 0; i < fields.size(); i += kFields) {
    if (fields[i + 3] == 0) continue;
    Insert({static_cast<std::int64_t>(fields[i]), static_cast<int>(fields[i + 1]),
            static_cast<int>(fields[i + 2]), fields[i + 3]});
  }
}

void WorstMistakes::Insert(const Entry& entry) {
  const auto order = [](const Entry& a, const Entry& b) {
    return std::tuple(-a.confidence, a.image) < std::tuple(-b.confidence, b.image);
  };
  entries_.insert(std::ranges::upper_bound(entries_, entry, order), entry);
  if (std::ssize(entries_) > kept_) entries_.pop_back();
}

}  // namespace avocet
