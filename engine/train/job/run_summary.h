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

// What is amiss with the images of a run: looks at them as the configuration tells, and no longer
// than that or until `stop`.
std::vector<std::string> DataNotes(const train::v1::TrainingConfig& config,
                                   const TrainingData& data, const std::atomic<bool>& stop);

// Without notes.
RunFacts FactsOf(const TrainerInputs& inputs, const Trainer& trainer);

// Classes with their images, what was found amiss, the network, and the settings that matter most.
std::string SummaryText(const RunFacts& facts);

// "410 images/s; an epoch takes about 9 s, what is left about 1 min".
std::string SpeedText(const Trainer::Speed& speed, const train::v1::TrainingConfig& config,
                      const Progress& progress);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_JOB_RUN_SUMMARY_H_
