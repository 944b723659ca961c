// From a model's folder to something the server can answer with.
#ifndef AVOCET_SERVER_MODEL_LOADER_H_
#define AVOCET_SERVER_MODEL_LOADER_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "engine/tuning/tuner.h"
#include "server/model_folders.h"
#include "server/precision_policy.h"
#include "server/served_model.h"

namespace avocet {

struct ModelLoadOptions {
  PrecisionPolicy precision = {};
  int wide_threads = 1;  // that a lone image will have, which counts for the choice of a precision
};

// Reads config.json, model.safetensors and quantization.json, if there is one, in `folder`, chooses
// the precision, and prepares the network that they describe: its first plan is compiled already.
// Errors name the file and what is wrong with it.
absl::StatusOr<std::shared_ptr<const ServedModel>> LoadModel(const std::filesystem::path& folder,
                                                             const std::string& name,
                                                             int64_t version,
                                                             const ModelLoadOptions& options,
                                                             Tuner& tuner);

// The same as a function of its first three arguments. `tuner` outlives it.
ModelLoader MakeModelLoader(ModelLoadOptions options, Tuner& tuner);

}  // namespace avocet

#endif  // AVOCET_SERVER_MODEL_LOADER_H_
