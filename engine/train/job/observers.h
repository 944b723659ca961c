// Who watches a run.
#ifndef AVOCET_ENGINE_TRAIN_JOB_OBSERVERS_H_
#define AVOCET_ENGINE_TRAIN_JOB_OBSERVERS_H_

#include <filesystem>

#include "absl/status/status.h"
#include "engine/train/report/run_observer.h"
#include "proto/training.pb.h"

namespace avocet {

// The console (a bar on a terminal, else lines), metrics.csv, epochs.csv, TensorBoard's files and
// report.html in the run's folder, and Prometheus' port if one is asked for. UNAVAILABLE if that
// port cannot be had.
absl::Status AddObservers(const train::v1::TrainingConfig& config,
                          const std::filesystem::path& folder, RunObservers& observers);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_JOB_OBSERVERS_H_
