// The network that a run trains, and the values that it begins with.
#ifndef AVOCET_ENGINE_TRAIN_JOB_NETWORK_SETUP_H_
#define AVOCET_ENGINE_TRAIN_JOB_NETWORK_SETUP_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/checkpoint/model_config.h"
#include "engine/checkpoint/safetensors_writer.h"
#include "engine/graph/graph.h"
#include "engine/graph/parameters.h"
#include "proto/training.pb.h"

namespace avocet {

struct TrainedNetwork {
  ModelConfig model;  // with the data's class names and the preprocessing of evaluation
  Graph graph;        // for one image
  std::vector<ParameterSpec> specs;
  Parameters parameters;
  bool replaced_head = false;  // of a pretrained model, which had other classes
};

// Sets the fields of `config` that depend on the network: model, image_size, crop_pct, crop_mode.
// NOT_FOUND for a network that does not exist, INVALID_ARGUMENT if `pretrained` is another network
// than `model`, and what ReadModelConfig says.
absl::Status ResolveNetwork(train::v1::TrainingConfig& config);

// Channels of the network's input. `config` is resolved.
absl::StatusOr<int> InputChannels(const train::v1::TrainingConfig& config);

// Builds the network of a resolved configuration for these classes, with initial values from the
// seed, or with those of `pretrained`: all of them if the classes are as many and of the same names
// (or have no names), else all but the classifier's.
absl::StatusOr<TrainedNetwork> SetUpNetwork(const train::v1::TrainingConfig& config,
                                            const std::vector<std::string>& class_names);

// A copy of the values of `specs`.
Parameters CopyParameters(std::span<const ParameterSpec> specs, const Parameters& parameters);

// What model.safetensors of this network holds: `parameters`, and the counter of each batch norm,
// which points to `steps`.
std::vector<TensorToWrite> ModelTensors(const TrainedNetwork& network, const Parameters& parameters,
                                        const std::int64_t& steps);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_JOB_NETWORK_SETUP_H_
