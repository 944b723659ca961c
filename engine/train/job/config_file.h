// Configurations as files, and what a run may be resumed with.
#ifndef AVOCET_ENGINE_TRAIN_JOB_CONFIG_FILE_H_
#define AVOCET_ENGINE_TRAIN_JOB_CONFIG_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/training.pb.h"

namespace avocet {

// A file in protobuf's text format. Fields may have the names that earlier versions wrote.
// INVALID_ARGUMENT, with line and column, for what is no TrainingConfig, and what CheckConfig says;
// the system's reason if it cannot be read.
absl::StatusOr<train::v1::TrainingConfig> ReadConfigFile(const std::string& path);

// Whole or not at all.
absl::Status WriteConfigFile(const std::string& path, const train::v1::TrainingConfig& config);

// INVALID_ARGUMENT for a value outside the range or choices of its field. `source` begins the
// message.
absl::Status CheckConfig(const train::v1::TrainingConfig& config, const std::string& source);

// Sets every field that is not set and has a default to it.
void SetDefaults(train::v1::TrainingConfig& config);

// Makes the paths in it absolute and normal, without a slash at the end; links stay links.
void MakePathsAbsolute(train::v1::TrainingConfig& config);

// `recorded` with those values of `given` that a resumed run may have anew. INVALID_ARGUMENT for
// any other that differs from the recorded one. Paths are absolute in both.
absl::StatusOr<train::v1::TrainingConfig> ResumeConfig(train::v1::TrainingConfig recorded,
                                                       const train::v1::TrainingConfig& given);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_JOB_CONFIG_FILE_H_
