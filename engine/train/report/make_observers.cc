#include "engine/train/report/make_observers.h"

#include <spdlog/spdlog.h>

#include <filesystem>
#include <utility>

#include "engine/base/status.h"
#include "engine/train/report/console.h"
#include "engine/train/report/data_lists.h"
#include "engine/train/report/html_report.h"
#include "engine/train/report/metrics_csv.h"
#include "engine/train/report/metrics_port.h"
#include "engine/train/report/tensorboard.h"

namespace avocet {

absl::StatusOr<std::unique_ptr<RunObserver>> MakeObservers(const ObserverOptions& options,
                                                           std::ostream& out, int descriptor) {
  auto observers = std::make_unique<RunObservers>();
  if (TerminalColumns(descriptor) > 0) {
    observers->Add(
        std::make_unique<ProgressBar>(out, [descriptor] { return TerminalColumns(descriptor); }));
  } else {
    observers->Add(std::make_unique<ProgressLines>(out, options.seconds_between_lines));
  }
  if (options.metrics_port) {
    ASSIGN_OR_RETURN(std::unique_ptr<MetricsPort> port,
                     MetricsPort::Start(options.metrics_address, *options.metrics_port));
    spdlog::info("metrics on port {}, /metrics", port->port());
    observers->Add(std::move(port));
  }
  observers->Add(std::make_unique<DataLists>(options.run_folder));
  observers->Add(std::make_unique<MetricsCsv>(options.run_folder));
  observers->Add(std::make_unique<TensorBoard>(
      (std::filesystem::path(options.run_folder) / "tensorboard").string()));
  observers->Add(std::make_unique<HtmlReport>(options.run_folder));  // reads what MetricsCsv wrote
  return observers;
}

}  // namespace avocet
