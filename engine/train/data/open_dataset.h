// From what the user names on the command line to samples.
#ifndef AVOCET_ENGINE_TRAIN_DATA_OPEN_DATASET_H_
#define AVOCET_ENGINE_TRAIN_DATA_OPEN_DATASET_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "engine/train/data/dataset.h"

namespace avocet {

struct DatasetOptions {
  // What to validate on, of the same kind as the main path; empty: what the main path offers.
  std::string validation_path;
  // Of each class, drawn by `seed`, where nothing else says what to validate on. 0: no validation.
  double validation_fraction = 0.1;
  std::uint64_t seed = 0;
};

// Recognises what `path` is:
// - a folder with `train` and `val` (or `validation`, `valid`, `test`) in it, each with one folder
// a
//   class;
// - a folder with the four files of MNIST, named as in the original set, plain or .gz;
// - any other folder: one folder a class, split by `validation_fraction`;
// - a .csv file of path and label (csv_dataset.h), split likewise;
// - an IDX file of images, whose labels lie beside it (idx_dataset.h), split likewise.
//
// Classes come in the order of NaturalLess; both parts have the same. INVALID_ARGUMENT when there
// are fewer than two classes, a class has nothing to train on, a path or a class's name is not
// UTF-8, or as the readers say.
absl::StatusOr<TrainingData> OpenDataset(const std::string& path, const DatasetOptions& options);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_DATA_OPEN_DATASET_H_
