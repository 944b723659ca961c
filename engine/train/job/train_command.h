// The command avocet-train.
#ifndef AVOCET_ENGINE_TRAIN_JOB_TRAIN_COMMAND_H_
#define AVOCET_ENGINE_TRAIN_JOB_TRAIN_COMMAND_H_

#include <atomic>

namespace avocet {

// The exit statuses, a promise to scripts.
enum TrainExitStatus : int {
  kTrainExitDone = 0,
  kTrainExitFailed = 1,   // the reason is on stderr
  kTrainExitUsage = 2,    // wrong flags, configuration or arguments, found before the first step
  kTrainExitStopped = 3,  // by a signal; --resume goes on
};

// Runs the command line to its end. `stop` is set to end after the step that runs.
int RunTrainCommand(int argc, const char* const* argv, const std::atomic<bool>& stop);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_JOB_TRAIN_COMMAND_H_
