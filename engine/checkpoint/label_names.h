// The names of a checkpoint's classes.
#ifndef AVOCET_ENGINE_CHECKPOINT_LABEL_NAMES_H_
#define AVOCET_ENGINE_CHECKPOINT_LABEL_NAMES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/checkpoint/json_value.h"

namespace avocet {

// Reads a list of names, or an object from class index to name that covers 0, 1, ... without gaps.
absl::StatusOr<std::vector<std::string>> ReadLabelNames(const JsonValue& value);

// The names in a file: JSON as above where its first character is a bracket or a brace, else text
// with a name a line, of which blank ones at the end do not count. The system's error, or
// INVALID_ARGUMENT for a blank line between names; messages begin with the path.
absl::StatusOr<std::vector<std::string>> ReadLabelFile(const std::string& path);

// Names for a checkpoint that carries none: ImageNet's for 1000 classes, else "class 0", ...
std::vector<std::string> DefaultLabelNames(int num_classes);

}  // namespace avocet

#endif  // AVOCET_ENGINE_CHECKPOINT_LABEL_NAMES_H_
