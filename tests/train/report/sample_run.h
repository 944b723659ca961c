// A made-up run for the tests of its observers.
#ifndef AVOCET_TESTS_TRAIN_REPORT_SAMPLE_RUN_H_
#define AVOCET_TESTS_TRAIN_REPORT_SAMPLE_RUN_H_

#include <cstdint>

#include "engine/train/report/run_observer.h"

namespace avocet {

constexpr int kSampleEpochs = 4;
constexpr std::int64_t kSampleStepsPerEpoch = 25;

RunFacts SampleFacts(std::int64_t steps_done = 0);
// Values that depend on `step` alone. `step` from 1.
StepFacts SampleStep(std::int64_t step);
EpochFacts SampleEpoch(int epoch);
RunResult SampleResult();

// Plays steps (steps_done, last_step], with the epochs that end there, then the end if the run is
// complete.
void PlayRun(RunObserver& observer, std::int64_t steps_done, std::int64_t last_step);

}  // namespace avocet

#endif  // AVOCET_TESTS_TRAIN_REPORT_SAMPLE_RUN_H_
