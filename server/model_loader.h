// From a model's folder to something the server can answer with.
#ifndef AVOCET_SERVER_MODEL_LOADER_H_
#define AVOCET_SERVER_MODEL_LOADER_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/served_model.h"

namespace avocet {

// Reads config.json and model.safetensors in `folder` and prepares the network they describe.
// Errors name the file and what is wrong with it.
absl::StatusOr<std::shared_ptr<const ServedModel>> LoadModel(const std::filesystem::path& folder,
                                                             const std::string& name,
                                                             int64_t version);

}  // namespace avocet

#endif  // AVOCET_SERVER_MODEL_LOADER_H_
