// config.json of a model folder, in the form of timm's save_for_hf.
#ifndef AVOCET_ENGINE_CHECKPOINT_MODEL_CONFIG_WRITER_H_
#define AVOCET_ENGINE_CHECKPOINT_MODEL_CONFIG_WRITER_H_

#include <string>

#include "absl/status/status.h"
#include "engine/checkpoint/model_config.h"

namespace avocet {

// Writes <model_dir>/config.json, whole or not at all (AtomicFile); ReadModelConfig gives `config`
// back. INVALID_ARGUMENT if the label names are not one a class or not UTF-8.
absl::Status WriteModelConfig(const std::string& model_dir, const ModelConfig& config);

}  // namespace avocet

#endif  // AVOCET_ENGINE_CHECKPOINT_MODEL_CONFIG_WRITER_H_
