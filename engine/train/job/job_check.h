// What is wrong with a run, as far as its images and its network tell.
#ifndef AVOCET_ENGINE_TRAIN_JOB_JOB_CHECK_H_
#define AVOCET_ENGINE_TRAIN_JOB_JOB_CHECK_H_

#include "absl/status/status.h"
#include "engine/base/preprocess_config.h"
#include "engine/graph/graph.h"
#include "engine/train/data/dataset.h"
#include "engine/train/data/epoch_order.h"
#include "proto/training.pb.h"

namespace avocet {

// What would otherwise come up when the run's folder has been made. `config` is resolved, `shard`
// this process's, and `graph` the network for one image. INVALID_ARGUMENT for what a user can
// mend, UNIMPLEMENTED for a network whose backbone cannot be frozen.
absl::Status CheckJob(const train::v1::TrainingConfig& config, const TrainingData& data,
                      const PreprocessConfig& preprocess, const Graph& graph, Shard shard);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_JOB_JOB_CHECK_H_
