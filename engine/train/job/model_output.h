// The model folder of a checkpoint.
#ifndef AVOCET_ENGINE_TRAIN_JOB_MODEL_OUTPUT_H_
#define AVOCET_ENGINE_TRAIN_JOB_MODEL_OUTPUT_H_

#include <filesystem>

#include "absl/status/status.h"
#include "engine/graph/parameters.h"
#include "engine/train/job/network_setup.h"
#include "engine/train/job/training_state.h"
#include "proto/training.pb.h"

namespace avocet {

// Makes `folder` and writes config.json and model.safetensors: what avocet-server and timm load.
// The metadata of the weights tells data, configuration, progress and the version of Avocet.
absl::Status WriteModel(const std::filesystem::path& folder,
                        const train::v1::TrainingConfig& config, const TrainedNetwork& network,
                        const Parameters& parameters, const Progress& progress);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_JOB_MODEL_OUTPUT_H_
