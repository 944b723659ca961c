#include "engine/train/job/observers.h"

#include <unistd.h>

#include <iostream>
#include <memory>
#include <utility>

#include "engine/base/status.h"
#include "engine/train/report/console.h"
#include "engine/train/report/html_report.h"
#include "engine/train/report/metrics_csv.h"
#include "engine/train/report/metrics_port.h"
#include "engine/train/report/tensorboard.h"

namespace avocet {
namespace {

constexpr double kLineInterval = 10;  // seconds

}  // namespace

absl::Status AddObservers(const train::v1::TrainingConfig& config,
                          const std::filesystem::path& folder, RunObservers& observers) {
  if (TerminalColumns(STDOUT_FILENO) > 0) {
    observers.Add(
        std::make_unique<ProgressBar>(std::cout, [] { return TerminalColumns(STDOUT_FILENO); }));
  } else {
    observers.Add(std::make_unique<ProgressLines>(std::cout, kLineInterval));
  }
  observers.Add(std::make_unique<MetricsCsv>(folder.string()));
  observers.Add(std::make_unique<TensorBoard>((folder / "tensorboard").string()));
  observers.Add(std::make_unique<HtmlReport>(folder.string()));  // reads what MetricsCsv wrote
  if (config.outputs().metrics_port() < 0) return absl::OkStatus();
  ASSIGN_OR_RETURN(std::unique_ptr<MetricsPort> port,
                   MetricsPort::Start("0.0.0.0", config.outputs().metrics_port()));
  std::cout << "metrics at port " << port->port() << std::endl;
  observers.Add(std::move(port));
  return absl::OkStatus();
}

}  // namespace avocet
