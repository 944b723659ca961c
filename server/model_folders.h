// Which models a folder holds: <models>/<name>/<version>/.
#ifndef AVOCET_SERVER_MODEL_FOLDERS_H_
#define AVOCET_SERVER_MODEL_FOLDERS_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/metrics.h"
#include "server/served_model.h"

namespace avocet {

// The versions of one model.
struct ModelFolder {
  std::string name;
  std::vector<int64_t> versions;  // newest, i.e. largest, first; at least one
};

enum class VersionPolicy { kLatest, kAll };

// Reads one version from its folder.
using ModelLoader = std::function<absl::StatusOr<std::shared_ptr<const ServedModel>>(
    const std::filesystem::path& folder, const std::string& name, int64_t version)>;

// The models below `models`, sorted by name. A version's folder is named by a positive decimal
// number; anything else, and what begins with a dot, is passed over. Errors: NOT_FOUND when
// `models` is no folder that can be read.
absl::StatusOr<std::vector<ModelFolder>> ListModelFolders(const std::filesystem::path& models);

// Loads the newest version of each model, or all versions. What cannot be loaded is an error in the
// log, and with kLatest the next older version is tried. Errors: FAILED_PRECONDITION when nothing
// could be loaded.
absl::StatusOr<std::vector<std::shared_ptr<const ServedModel>>> LoadModels(
    const std::filesystem::path& models, VersionPolicy policy, const ModelLoader& load,
    Metrics& metrics);

}  // namespace avocet

#endif  // AVOCET_SERVER_MODEL_FOLDERS_H_
