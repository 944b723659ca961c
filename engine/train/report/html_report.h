// report.html: what came of a run, on one page.
#ifndef AVOCET_ENGINE_TRAIN_REPORT_HTML_REPORT_H_
#define AVOCET_ENGINE_TRAIN_REPORT_HTML_REPORT_H_

#include <string>
#include <utility>

#include "engine/train/report/report_sections.h"
#include "engine/train/report/run_observer.h"

namespace avocet {

// Writes report.html into the run folder at the end. Its curves are of the whole run, resumed parts
// included, since it reads them from what MetricsCsv wrote there: tell MetricsCsv first.
class HtmlReport final : public RunObserver {
 public:
  explicit HtmlReport(std::string run_folder) : run_folder_(std::move(run_folder)) {}

  void OnStart(const RunFacts& facts) override { facts_ = facts; }
  void OnEnd(const RunResult& result) override;

 private:
  std::string run_folder_;
  RunFacts facts_;
};

// The page: pictures, charts and style are inside, and it runs no script.
std::string WriteReportPage(const ReportData& data);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_REPORT_HTML_REPORT_H_
