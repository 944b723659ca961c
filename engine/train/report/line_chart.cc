#include "engine/train/report/line_chart.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace avocet {
namespace {

using Points = std::vector<std::pair<double, double>>;

// In SVG units; the page scales the whole.
constexpr double kWidth = 520;
constexpr double kHeight = 260;
constexpr double kLeft = 58;
constexpr double kRight = 12;
constexpr double kTop = 34;
constexpr double kBottom = 28;
constexpr std::size_t kMostPoints = 500;  // about one a unit of width

struct Range {
  double low = 0;
  double high = 0;
  bool empty = true;

  void Include(double value) {
    low = empty ? value : std::min(low, value);
    high = empty ? value : std::max(high, value);
    empty = false;
  }
};

bool CanDraw(double value, const ChartOptions& options) {
  return std::isfinite(value) && (!options.logarithmic || value > 0);
}

// Means of consecutive points, so that at most kMostPoints are left.
Points Thin(const Points& points) {
  const std::size_t group = (points.size() + kMostPoints - 1) / kMostPoints;
  if (group <= 1) return points;
  Points thin;
  for (std::size_t begin = 0; begin < points.size(); begin += group) {
    const std::size_t end = std::min(points.size(), begin + group);
    double x = 0;
    double y = 0;
    for (std::size_t i = begin; i < end; ++i) {
      x += points[i].first;
      y += points[i].second;
    }
    const auto count = static_cast<double>(end - begin);
    thin.emplace_back(x / count, y / count);
  }
  return thin;
}

// 1, 2 or 5 times a power of ten, so that `span` has about `count` of them.
double NiceStep(double span, int count) {
  const double raw = span / count;
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * power >= raw) return factor * power;
  }
  return 10 * power;
}

class Axes {
 public:
  Axes(const ChartOptions& options, Range x, Range y) : options_(options), x_(x), y_(y) {
    if (x_.high <= x_.low) x_ = {x_.low - 0.5, x_.low + 0.5, false};
    if (options_.logarithmic) {
      y_ = {std::floor(std::log10(y_.low)), std::ceil(std::log10(y_.high)), false};
    }
    if (y_.high <= y_.low) y_.high = y_.low + (y_.low == 0 ? 1 : std::abs(y_.low) * 0.1);
    if (!options_.logarithmic) {
      const double step = NiceStep(y_.high - y_.low, 5);
      y_ = {std::floor(y_.low / step) * step, std::ceil(y_.high / step - 1e-9) * step, false};
    }
  }

  double X(double x) const {
    return kLeft + (x - x_.low) / (x_.high - x_.low) * (kWidth - kLeft - kRight);
  }
  double Y(double y) const {
    if (options_.logarithmic) y = std::log10(y);
    return kHeight - kBottom - (y - y_.low) / (y_.high - y_.low) * (kHeight - kTop - kBottom);
  }

  std::string Grid() const {
    std::string grid;
    const double y_step = options_.logarithmic ? std::max(1.0, std::ceil((y_.high - y_.low) / 5))
                                               : NiceStep(y_.high - y_.low, 5);
    for (double y = y_.low; y <= y_.high + y_step * 1e-6; y += y_step) {
      const double value = options_.logarithmic ? std::pow(10.0, y) : y;
      const double at = Y(value);
      absl::StrAppendFormat(&grid,
                            "<line class=grid x1=%.1f x2=%.1f y1=%.1f y2=%.1f />"
                            "<text x=%.1f y=%.1f text-anchor=end>%s</text>",
                            kLeft, kWidth - kRight, at, at, kLeft - 6, at + 4, Label(value));
    }
    const double x_step = std::max(1.0, NiceStep(x_.high - x_.low, 6));
    for (double x = std::ceil(x_.low / x_step) * x_step; x <= x_.high; x += x_step) {
      absl::StrAppendFormat(&grid, "<text x=%.1f y=%.1f text-anchor=middle>%g</text>", X(x),
                            kHeight - 8, x);
    }
    return grid;
  }

 private:
  std::string Label(double value) const {
    if (options_.percent) return absl::StrFormat("%.3g %%", 100 * value);
    return absl::StrFormat("%.3g", std::abs(value) < 1e-12 ? 0.0 : value);
  }

  const ChartOptions& options_;
  Range x_;
  Range y_;
};

std::string DrawLine(const ChartLine& line, const Points& points, const Axes& axes) {
  std::string path;
  std::string dots;
  for (const auto& [x, y] : points) {
    absl::StrAppendFormat(&path, "%s%.1f,%.1f", path.empty() ? "" : " ", axes.X(x), axes.Y(y));
    if (line.dots) {
      absl::StrAppendFormat(&dots, "<circle class=\"%s\" cx=%.1f cy=%.1f r=2.5 />", line.css_class,
                            axes.X(x), axes.Y(y));
    }
  }
  return absl::StrCat("<polyline class=\"", line.css_class, line.faint ? " faint" : "",
                      "\" points=\"", path, "\"/>", dots);
}

}  // namespace

std::string LineChart(const ChartOptions& options, const std::vector<ChartLine>& lines) {
  Range x_range;
  Range y_range;
  std::vector<Points> drawn;
  for (const ChartLine& line : lines) {
    Points points;
    for (const auto& point : line.points) {
      if (std::isfinite(point.first) && CanDraw(point.second, options)) points.push_back(point);
    }
    points = Thin(points);
    for (const auto& [x, y] : points) {
      x_range.Include(x);
      y_range.Include(y);
    }
    drawn.push_back(std::move(points));
  }
  if (x_range.empty) return "";
  const Axes axes(options, x_range, y_range);
  std::string svg = absl::StrFormat(
      "<svg class=chart viewBox=\"0 0 %g %g\" role=img><text class=title x=%g y=18>%s</text>%s",
      kWidth, kHeight, kLeft - 46, EscapeHtml(options.title), axes.Grid());
  double legend = kWidth - kRight;
  for (std::size_t i = lines.size(); i-- > 0;) {
    if (lines[i].name.empty() || drawn[i].empty()) continue;
    absl::StrAppendFormat(&svg, "<text class=\"legend %s\" x=%.1f y=18 text-anchor=end>%s</text>",
                          lines[i].css_class, legend, EscapeHtml(lines[i].name));
    legend -= 14 + 6.5 * static_cast<double>(lines[i].name.size());
  }
  for (std::size_t i = 0; i < lines.size(); ++i) svg += DrawLine(lines[i], drawn[i], axes);
  return svg + "</svg>";
}

Points Smooth(const Points& points, double window) {
  const double kept = 1 - 1 / std::max(1.0, window);
  Points smooth;
  double sum = 0;
  double weight = 0;
  for (const auto& [x, y] : points) {
    if (!std::isfinite(y)) continue;
    sum = kept * sum + y;
    weight = kept * weight + 1;
    smooth.emplace_back(x, sum / weight);
  }
  return smooth;
}

std::string EscapeHtml(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

}  // namespace avocet
