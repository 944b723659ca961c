#include "engine/train/data/split.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/train/data/random.h"

namespace avocet {
namespace {

std::size_t ValidationCount(std::size_t samples, double fraction) {
  if (fraction == 0 || samples < 2) return 0;
  const auto wanted =
      static_cast<std::size_t>(std::lround(fraction * static_cast<double>(samples)));
  return std::clamp<std::size_t>(wanted, 1, samples - 1);
}

}  // namespace

absl::StatusOr<TrainingData> SplitDataset(const Dataset& dataset, double fraction,
                                          std::uint64_t seed) {
  if (!(fraction >= 0 && fraction < 1)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "fraction for validation: expected a number from 0 to below 1, found ", fraction));
  }
  std::vector<std::vector<std::size_t>> by_class(dataset.class_names.size());
  for (std::size_t i = 0; i < dataset.samples.size(); ++i) {
    by_class[static_cast<std::size_t>(dataset.samples[i].label)].push_back(i);
  }
  std::vector<std::size_t> train;
  std::vector<std::size_t> validation;
  for (std::size_t label = 0; label < by_class.size(); ++label) {
    std::vector<std::size_t>& indices = by_class[label];
    Random random(seed, RandomPurpose::kSplit, /*epoch=*/0, static_cast<std::uint32_t>(label));
    Shuffle(&random, &indices);
    const auto end =
        indices.begin() + static_cast<std::ptrdiff_t>(ValidationCount(indices.size(), fraction));
    validation.insert(validation.end(), indices.begin(), end);
    train.insert(train.end(), end, indices.end());
  }
  std::sort(train.begin(), train.end());
  std::sort(validation.begin(), validation.end());
  return TrainingData{dataset.Select(train), dataset.Select(validation)};
}

}  // namespace avocet
