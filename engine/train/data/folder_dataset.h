// One folder a class.
#ifndef AVOCET_ENGINE_TRAIN_DATA_FOLDER_DATASET_H_
#define AVOCET_ENGINE_TRAIN_DATA_FOLDER_DATASET_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/train/data/dataset.h"

namespace avocet {

// Whether the name ends as those of accepted images do (.jpg, .jpeg, .png, .webp, .bmp, .tif,
// .tiff), whatever the case. The content decides later what the format is.
bool HasImageExtension(const std::string& path);

// `folder`/CLASS/**/IMAGE. A class is a direct subfolder with at least one image somewhere below;
// classes come in the order of NaturalLess, images of a class in the order of their paths. Names
// that begin with a dot are skipped, files with other extensions too. Symbolic links are followed;
// a folder that is reached twice on one way down (a link to a parent) is not entered again.
//
// INVALID_ARGUMENT when there is no image, or images only directly in `folder`; the system's reason
// when a folder cannot be read.
absl::StatusOr<Dataset> ReadFolders(const std::string& folder);

// The same for the part that validates: labels are those of `class_names`. INVALID_ARGUMENT for a
// folder with images that is none of them. A class may lack a folder.
absl::StatusOr<Dataset> ReadFolders(const std::string& folder,
                                    const std::vector<std::string>& class_names);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_DATA_FOLDER_DATASET_H_
