// Labels from the names of folders.
#ifndef AVOCET_ENGINE_TOOL_CLASS_FOLDERS_H_
#define AVOCET_ENGINE_TOOL_CLASS_FOLDERS_H_

#include <map>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "engine/tool/image_files.h"

namespace avocet {

// The class of each folder that `files` lie in: the one whose label is the folder's name, as
// upper and lower case, "_" and " " may differ; or the one whose index it is, from 0. Empty if no
// folder names a class: then the images have no labels. INVALID_ARGUMENT, with the names of the
// folders and the labels nearest to them, if some do and others do not; for a name that two classes
// have; and if files lie beside the folders of classes.
absl::StatusOr<std::map<std::string, int>> MatchClassFolders(
    std::span<const ImageFile> files, std::span<const std::string> label_names);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TOOL_CLASS_FOLDERS_H_
