// Curves as inline SVG.
#ifndef AVOCET_ENGINE_TRAIN_REPORT_LINE_CHART_H_
#define AVOCET_ENGINE_TRAIN_REPORT_LINE_CHART_H_

#include <string>
#include <utility>
#include <vector>

namespace avocet {

struct ChartLine {
  std::string name = {};       // in the legend; empty: not there
  std::string css_class = {};  // of the stroke: "train", "validation", ...
  std::vector<std::pair<double, double>>
      points;          // x grows; values that are no numbers are left out
  bool faint = false;  // as a background of another line
  bool dots = false;   // a dot at each point
};

struct ChartOptions {
  std::string title = {};
  bool percent = false;      // the values are shares
  bool logarithmic = false;  // needs positive values; others are left out
};

// An <svg> whose colours come from the page's style sheet. Empty when there is nothing to draw.
// Long lines are thinned to what a screen can show.
std::string LineChart(const ChartOptions& options, const std::vector<ChartLine>& lines);

// Means over an exponential window of about `window` points.
std::vector<std::pair<double, double>> Smooth(const std::vector<std::pair<double, double>>& points,
                                              double window);

// Escapes text for HTML and for attributes in double quotes.
std::string EscapeHtml(const std::string& text);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_REPORT_LINE_CHART_H_
