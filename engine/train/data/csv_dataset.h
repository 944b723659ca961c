// A file that lists paths and labels.
#ifndef AVOCET_ENGINE_TRAIN_DATA_CSV_DATASET_H_
#define AVOCET_ENGINE_TRAIN_DATA_CSV_DATASET_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/train/data/dataset.h"

namespace avocet {

// Two columns, path and label, in the order of the file; paths are relative to the folder of the
// file. A first line whose first field is "path", "file", "filename", "file_name", "image" or
// "filepath" (whatever the case) is a header and may name the columns in another order, among
// others that are ignored; the label's column is "label", "class" or "category". Labels are class
// names; they are ordered by NaturalLess. Whether the images exist is found out when they are read.
//
// INVALID_ARGUMENT, with the file and its line, for what is no CSV, a missing column, an empty path
// or label, and a path that is listed twice with different labels; and when nothing is listed.
absl::StatusOr<Dataset> ReadCsv(const std::string& path);

// The same for the part that validates: a label that is not in `class_names` is an error.
absl::StatusOr<Dataset> ReadCsv(const std::string& path,
                                const std::vector<std::string>& class_names);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_DATA_CSV_DATASET_H_
