// Where a command puts the model folder that it makes.
#ifndef AVOCET_ENGINE_TOOL_OUTPUT_FOLDER_H_
#define AVOCET_ENGINE_TOOL_OUTPUT_FOLDER_H_

#include <string>

#include "absl/status/statusor.h"
#include "engine/checkpoint/model_folder.h"

namespace avocet {

// What `output`, MODELS/NAME, names: the next version of that model.
ModelFolderName NextVersionOf(const std::string& output);

// The next version of the model that `model_dir`, MODELS/NAME/VERSION, is a version of.
// INVALID_ARGUMENT if its last part is no version.
absl::StatusOr<ModelFolderName> NextVersionBeside(const std::string& model_dir);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TOOL_OUTPUT_FOLDER_H_
