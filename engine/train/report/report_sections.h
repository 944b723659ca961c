// The parts of report.html. Each is a piece of HTML, empty when there is nothing to show.
#ifndef AVOCET_ENGINE_TRAIN_REPORT_REPORT_SECTIONS_H_
#define AVOCET_ENGINE_TRAIN_REPORT_REPORT_SECTIONS_H_

#include <string>
#include <vector>

#include "engine/train/report/run_observer.h"

namespace avocet {

// What a report is made of.
struct ReportData {
  RunFacts facts;
  std::vector<StepFacts> steps;    // of the whole run
  std::vector<EpochFacts> epochs;  // of the whole run
  RunResult result;
};

// The outcome in large figures.
std::string SummarySection(const ReportData& data);
// Loss, top-1, learning rate and speed over epochs.
std::string CurvesSection(const ReportData& data);
// Confusion matrix and the pairs that are confused most.
std::string ConfusionSection(const ReportData& data);
// Precision, recall and F1 of each class, worst first.
std::string ClassesSection(const ReportData& data);
// Pictures.
std::string MistakesSection(const ReportData& data);
// Files that were left out, and why.
std::string SkippedSection(const ReportData& data);
// Data, network and configuration.
std::string FactsSection(const ReportData& data);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_REPORT_REPORT_SECTIONS_H_
