// MNIST, and sets in its format.
#ifndef AVOCET_ENGINE_TRAIN_DATA_IDX_DATASET_H_
#define AVOCET_ENGINE_TRAIN_DATA_IDX_DATASET_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "engine/train/data/dataset.h"

namespace avocet {

// The file of labels that belongs to a file of images: the same name with "images" and "idx3"
// replaced by "labels" and "idx1", plain or .gz. None when the name has no "images" or no such file
// exists.
std::optional<std::string> LabelsFileOf(const std::string& images);

// `folder`/`part`-images-idx3-ubyte, plain or .gz; also with a dot before "idx3", as some copies
// have it. None when there is neither.
std::optional<std::string> ImagesFileIn(const std::string& folder, const std::string& part);

// Images [n, h, w] and labels [n], unsigned bytes. Classes are named "0" to the largest label.
// INVALID_ARGUMENT when the files are not of this format, disagree about n, or have no images; when
// the labels' file is missing; and for images without pixels.
absl::StatusOr<Dataset> ReadIdxDataset(const std::string& images);

// Gives `dataset` the class names of `train`. INVALID_ARGUMENT for a label beyond them.
absl::Status AdoptClasses(const std::string& images, const Dataset& train, Dataset* dataset);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_DATA_IDX_DATASET_H_
