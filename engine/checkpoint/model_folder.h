// Whole model folders, <models>/<name>/<version>, as the server looks for them.
#ifndef AVOCET_ENGINE_CHECKPOINT_MODEL_FOLDER_H_
#define AVOCET_ENGINE_CHECKPOINT_MODEL_FOLDER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/checkpoint/model_config.h"
#include "engine/checkpoint/safetensors_writer.h"
#include "engine/graph/quantization.h"

namespace avocet {

struct ModelFolderName {
  std::string models;                   // the folder of all models
  std::string name;                     // of this one
  std::optional<std::int64_t> version;  // positive; without: one more than the highest there is
};

// What WriteModelFolder would refuse about the place alone: the name, the version, a folder that
// this process may not write to. Leaves nothing behind. INVALID_ARGUMENT also where a file is in
// the way, the system's reason for what is not writable.
absl::Status CheckModelFolder(const ModelFolderName& where);

// Writes config.json, model.safetensors and, if there is one, the quantization, and returns the
// folder's path. The folder appears
// complete or not at all: a server that looks at `models` meanwhile sees no part of it. Several
// processes and threads may write versions of one model at the same time.
// ALREADY_EXISTS if the version that is asked for is there, INVALID_ARGUMENT for a name that is no
// plain folder name or begins with a dot, which servers pass over, and what WriteModelConfig and
// WriteSafetensors say. Folders on the way are created.
absl::StatusOr<std::string> WriteModelFolder(const ModelFolderName& where,
                                             const ModelConfig& config,
                                             std::vector<TensorToWrite> tensors,
                                             const Quantization* quantization = nullptr,
                                             const Metadata& metadata = {{"format", "pt"}});

}  // namespace avocet

#endif  // AVOCET_ENGINE_CHECKPOINT_MODEL_FOLDER_H_
