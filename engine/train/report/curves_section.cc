#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/train/report/line_chart.h"
#include "engine/train/report/report_sections.h"
#include "engine/train/report/training_progress.h"

namespace avocet {
namespace {

using Points = std::vector<std::pair<double, double>>;

std::string Tile(const std::string& value, const std::string& what) {
  return absl::StrCat("<div class=tile><b>", value, "</b><span>", EscapeHtml(what),
                      "</span></div>");
}

std::string Percent(double share) { return absl::StrFormat("%.2f %%", 100 * share); }

// A value of each step over epochs: step s of an epoch with n steps lies at s / n.
template <typename Get>
Points OverSteps(const ReportData& data, Get get) {
  const double steps_per_epoch =
      static_cast<double>(std::max<std::int64_t>(1, data.facts.steps_per_epoch));
  Points points;
  for (const StepFacts& step : data.steps) {
    points.emplace_back(static_cast<double>(step.step) / steps_per_epoch, get(step));
  }
  return points;
}

template <typename Get>
Points OverValidations(const ReportData& data, Get get) {
  Points points;
  for (const EpochFacts& epoch : data.epochs) {
    if (epoch.validation) points.emplace_back(epoch.epoch, get(*epoch.validation));
  }
  return points;
}

// The values of the steps, faint, and their means; and the validation's.
std::vector<ChartLine> TrainAndValidation(Points train, Points validation) {
  const double window = std::max(1.0, static_cast<double>(train.size()) / 40);
  Points smooth = Smooth(train, window);
  return {{.name = "", .css_class = "train", .points = std::move(train), .faint = true},
          {.name = "training", .css_class = "train", .points = std::move(smooth)},
          {.name = "validation",
           .css_class = "validation",
           .points = std::move(validation),
           .dots = true}};
}

}  // namespace

std::string SummarySection(const ReportData& data) {
  std::string html = "<section class=tiles>";
  if (data.result.scores) {
    const ClassificationScores& scores = *data.result.scores;
    html += Tile(Percent(scores.top1()), "top-1");
    if (scores.confusion().classes() > 5) html += Tile(Percent(scores.top5()), "top-5");
    html += Tile(absl::StrFormat("%.4f", scores.loss()), "validation loss");
    html += Tile(absl::StrCat(scores.images()), "validation images");
  }
  double images = 0;
  double seconds = 0;
  double wait = 0;
  for (const StepFacts& step : data.steps) {
    images += step.images;
    seconds += step.seconds;
    wait += step.wait_seconds;
  }
  if (seconds > 0) {
    html += Tile(absl::StrFormat("%.0f", images / seconds), "images a second");
    html += Tile(absl::StrFormat("%.1f %%", 100 * wait / seconds), "of it waiting for data");
  }
  html += Tile(FormatDuration(data.result.seconds), "duration");
  if (data.result.best_epoch > 0) {
    html += Tile(absl::StrCat(data.result.best_epoch, " / ", data.facts.epochs), "best epoch");
  }
  html += "</section>";
  if (!data.result.status.ok()) {
    absl::StrAppend(&html, "<p class=failed>The run did not finish: ",
                    EscapeHtml(std::string(data.result.status.message())), "</p>");
  } else if (!data.result.stopped_early.empty()) {
    absl::StrAppend(&html, "<p>The run stopped before its last epoch: ",
                    EscapeHtml(data.result.stopped_early), "</p>");
  }
  return html;
}

std::string CurvesSection(const ReportData& data) {
  if (data.steps.empty()) return "";
  std::string charts;
  charts +=
      LineChart({.title = "Loss over epochs"},
                TrainAndValidation(OverSteps(data, [](const StepFacts& step) { return step.loss; }),
                                   OverValidations(data, [](const auto& v) { return v.loss; })));
  charts +=
      LineChart({.title = "Top-1 over epochs", .percent = true},
                TrainAndValidation(OverSteps(data, [](const StepFacts& step) { return step.top1; }),
                                   OverValidations(data, [](const auto& v) { return v.top1; })));
  charts += LineChart(
      {.title = "Learning rate"},
      {{.name = "", .css_class = "train", .points = OverSteps(data, [](const StepFacts& step) {
                                            return step.learning_rate;
                                          })}});
  charts += LineChart(
      {.title = "Images a second"},
      {{.name = "",
        .css_class = "train",
        .points = Smooth(OverSteps(data,
                                   [](const StepFacts& step) {
                                     return step.seconds > 0 ? step.images / step.seconds : NAN;
                                   }),
                         static_cast<double>(data.steps.size()) / 100)}});
  const Points norms = OverSteps(data, [](const StepFacts& step) {
    return step.gradient_norm > 0 ? step.gradient_norm : NAN;
  });
  charts += LineChart({.title = "Gradient norm before clipping", .logarithmic = true},
                      {{.name = "",
                        .css_class = "train",
                        .points = Smooth(norms, static_cast<double>(norms.size()) / 100)}});
  return absl::StrCat("<section><h2>Curves</h2><div class=charts>", charts, "</div></section>");
}

}  // namespace avocet
