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

// What a folder of models holds.
struct ModelListing {
  std::vector<ModelFolder> folders;      // sorted by name
  std::vector<std::string> passed_over;  // what is no model or version, a sentence each
};

// The models below `models`. A version's folder is named by a positive decimal number; anything
// else is passed over, and what begins with a dot without a word. Errors: NOT_FOUND when `models`
// is no folder that can be read.
absl::StatusOr<ModelListing> ListModelFolders(const std::filesystem::path& models);

// Loads one version and says so in the log, and in `metrics` how long it took. Errors: the
// loader's.
absl::StatusOr<std::shared_ptr<const ServedModel>> LoadVersion(const std::filesystem::path& models,
                                                               const std::string& name,
                                                               int64_t version,
                                                               const ModelLoader& load,
                                                               Metrics& metrics);

// Loads the newest version of each model, or all versions. What cannot be loaded is an error in the
// log, and with kLatest the next older version is tried. Errors: FAILED_PRECONDITION when nothing
// could be loaded.
absl::StatusOr<std::vector<std::shared_ptr<const ServedModel>>> LoadModels(
    const std::filesystem::path& models, VersionPolicy policy, const ModelLoader& load,
    Metrics& metrics);

}  // namespace avocet

#endif  // AVOCET_SERVER_MODEL_FOLDERS_H_
