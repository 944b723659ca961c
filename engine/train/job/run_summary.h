// What a run tells before its first step.
#ifndef AVOCET_ENGINE_TRAIN_JOB_RUN_SUMMARY_H_
#define AVOCET_ENGINE_TRAIN_JOB_RUN_SUMMARY_H_

#include <atomic>
#include <string>
#include <vector>

#include "engine/train/data/dataset.h"
#include "engine/train/job/trainer.h"
#include "engine/train/report/run_observer.h"
#include "proto/training.pb.h"

namespace avocet {

// What is amiss with the images of a run.
struct DataFindings {
  std::vector<std::string> notes;     // for people
  std::vector<SkippedImage> skipped;  // by name
};
// Looks at them as the configuration tells, and no longer than that or until `stop`.
DataFindings LookAtData(const train::v1::TrainingConfig& config, const TrainingData& data,
                        const std::atomic<bool>& stop);

// Without findings.
RunFacts FactsOf(const TrainerInputs& inputs, const Trainer& trainer);

// Classes with their images, what was found amiss, the network, and the settings that matter most.
std::string SummaryText(const RunFacts& facts);
}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_JOB_RUN_SUMMARY_H_
