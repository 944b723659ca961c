// All that watches a run, put together.
#ifndef AVOCET_ENGINE_TRAIN_REPORT_MAKE_OBSERVERS_H_
#define AVOCET_ENGINE_TRAIN_REPORT_MAKE_OBSERVERS_H_

#include <memory>
#include <optional>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "engine/train/report/run_observer.h"

namespace avocet {

struct ObserverOptions {
  std::string run_folder = {};  // for all files of the report
  // Prometheus; 0: any free port, told in the log.
  std::optional<int> metrics_port = {};
  std::string metrics_address = "0.0.0.0";
  double seconds_between_lines = 10;  // where there is no terminal
};

// `out`, which outlives the result, gets a progress bar when `descriptor`, where it goes, is a
// terminal, and lines otherwise. UNAVAILABLE when the port cannot be had.
absl::StatusOr<std::unique_ptr<RunObserver>> MakeObservers(const ObserverOptions& options,
                                                           std::ostream& out, int descriptor);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_REPORT_MAKE_OBSERVERS_H_
