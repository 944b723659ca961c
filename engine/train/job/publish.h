// The model of a checkpoint among those that a server looks at, as MODELS/NAME/VERSION.
#ifndef AVOCET_ENGINE_TRAIN_JOB_PUBLISH_H_
#define AVOCET_ENGINE_TRAIN_JOB_PUBLISH_H_

#include <filesystem>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace avocet {

// Whether MODELS/NAME can be published to, for those who would rather know it before they train.
// INVALID_ARGUMENT for a name that is no model's or a file in the way, the system's reason for a
// folder that cannot be written.
absl::Status CheckPublish(const std::string& model);

struct PublishedModel {
  std::string path;  // MODELS/NAME/VERSION
  bool is_new;       // false: it was there, with the same weights and metadata, byte for byte
};

// Makes `checkpoint`, a model folder, the next version of MODELS/NAME, complete or not at all;
// nothing where a version has its model.safetensors. INVALID_ARGUMENT if it is damaged, and what
// WriteModelFolder says.
absl::StatusOr<PublishedModel> PublishModel(const std::string& model,
                                            const std::filesystem::path& checkpoint);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_JOB_PUBLISH_H_
