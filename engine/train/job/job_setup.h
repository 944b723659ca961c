// From the options of a command line to a run that can begin.
#ifndef AVOCET_ENGINE_TRAIN_JOB_JOB_SETUP_H_
#define AVOCET_ENGINE_TRAIN_JOB_JOB_SETUP_H_

#include <memory>

#include "absl/status/statusor.h"
#include "engine/train/data/dataset.h"
#include "engine/train/job/network_setup.h"
#include "engine/train/job/run_folder.h"
#include "engine/train/mpi/join.h"
#include "proto/training.pb.h"

namespace avocet {

// A run that is about to begin, or to go on.
struct Job {
  train::v1::TrainingConfig config;  // resolved
  TrainingData data;
  TrainedNetwork network;
  std::unique_ptr<RunFolder> folder;  // null in processes that do not write: all but the first
};

// All processes of `group` (null: this one is alone) call the same one, and get the same status.
// INVALID_ARGUMENT, NOT_FOUND and ALREADY_EXISTS are mistakes of the user.
absl::StatusOr<Job> NewJob(const train::v1::TrainingConfig& given, ProcessGroup* group);
// With the configuration that lies in the run's folder, as the first process finds it, and those
// values of `given` that may be others now, which are written down there too. Of a run that has a
// checkpoint the pretrained model is not asked for again. DATA_LOSS if what lies there is damaged.
absl::StatusOr<Job> OldJob(const train::v1::TrainingConfig& given, ProcessGroup* group);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_JOB_JOB_SETUP_H_
