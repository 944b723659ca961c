// Divides one set into what is trained on and what is validated on.
#ifndef AVOCET_ENGINE_TRAIN_DATA_SPLIT_H_
#define AVOCET_ENGINE_TRAIN_DATA_SPLIT_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "engine/train/data/dataset.h"

namespace avocet {

// Moves this fraction of each class, rounded to the nearest and drawn by `seed`, to `validation`.
// Of a class with at least two samples at least one stays and (for a fraction above 0) at least one
// moves; a single sample stays. Which samples move depends on the seed, the class's index and its
// number of samples only. Both parts keep the order of samples.
//
// INVALID_ARGUMENT when `fraction` is not within [0, 1).
absl::StatusOr<TrainingData> SplitDataset(const Dataset& dataset, double fraction,
                                          std::uint64_t seed);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_DATA_SPLIT_H_
