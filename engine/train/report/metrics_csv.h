// metrics.csv and epochs.csv of a run folder: every number of a run, for people and programs.
#ifndef AVOCET_ENGINE_TRAIN_REPORT_METRICS_CSV_H_
#define AVOCET_ENGINE_TRAIN_REPORT_METRICS_CSV_H_

#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/train/report/run_observer.h"

namespace avocet {

// One row a step (metrics.csv) and one an epoch (epochs.csv), each on its way to the disk before
// the next step. A resumed run cuts off the rows of steps that it will repeat, and a row that a
// kill cut short.
class MetricsCsv final : public RunObserver {
 public:
  explicit MetricsCsv(std::string run_folder) : run_folder_(std::move(run_folder)) {}

  void OnStart(const RunFacts& facts) override;
  void OnStep(const StepFacts& step) override;
  void OnEpoch(const EpochFacts& epoch) override;

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  using File = std::unique_ptr<std::FILE, Close>;

  absl::StatusOr<File> Open(std::string_view name, std::string_view header,
                            std::int64_t steps_done);
  void Append(File& file, const std::string& row);

  std::string run_folder_;
  File steps_;
  File epochs_;
};

// The rows of both files. A file that is not there has none; INVALID_ARGUMENT, with file and line,
// for one that MetricsCsv did not write. A last row without its line end is left out.
absl::StatusOr<std::vector<StepFacts>> ReadMetricsCsv(const std::string& run_folder);
absl::StatusOr<std::vector<EpochFacts>> ReadEpochsCsv(const std::string& run_folder);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_REPORT_METRICS_CSV_H_
