#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/image/encode.h"
#include "engine/metrics/confusion_picture.h"
#include "engine/train/report/line_chart.h"
#include "engine/train/report/report_sections.h"

namespace avocet {
namespace {

constexpr int kMostCells = 30;           // classes a side that are drawn with figures
constexpr std::size_t kPairs = 12;       // listed as confused most
constexpr std::size_t kClassRows = 200;  // in the table of classes

const std::string& NameOf(const ReportData& data, int label) {
  return data.facts.class_names[static_cast<std::size_t>(label)];
}

// A table whose cells are tinted by the share of their row.
std::string Cells(const ReportData& data, const ConfusionMatrix& matrix) {
  const std::vector<ClassQuality> classes = matrix.per_class();
  std::string html = "<table class=confusion><tr><th></th>";
  for (int i = 0; i < matrix.classes(); ++i) {
    absl::StrAppend(&html, "<th class=column><span>", EscapeHtml(NameOf(data, i)), "</span></th>");
  }
  html += "</tr>";
  for (int label = 0; label < matrix.classes(); ++label) {
    absl::StrAppend(&html, "<tr><th>", EscapeHtml(NameOf(data, label)), "</th>");
    const std::int64_t images = classes[static_cast<std::size_t>(label)].images;
    for (int predicted = 0; predicted < matrix.classes(); ++predicted) {
      const std::int64_t count = matrix.count(label, predicted);
      const double share =
          images == 0 ? 0 : static_cast<double>(count) / static_cast<double>(images);
      // The square root lets rare mistakes be seen.
      absl::StrAppendFormat(
          &html, "<td class=%s style=\"--share:%.3f\" title=\"%s as %s: %d of %d\">",
          label == predicted ? "right" : "wrong", std::sqrt(share), EscapeHtml(NameOf(data, label)),
          EscapeHtml(NameOf(data, predicted)), count, images);
      absl::StrAppend(&html, count == 0 ? "" : absl::StrCat(count), "</td>");
    }
    html += "</tr>";
  }
  return html + "</table>";
}

std::string Picture(const ConfusionMatrix& matrix) {
  const int cell = std::max(1, 700 / matrix.classes());
  const absl::StatusOr<std::string> png = EncodePng(DrawConfusionMatrix(matrix, cell));
  if (!png.ok()) return "";
  return absl::StrCat("<img class=matrix alt=\"confusion matrix\" src=\"data:image/png;base64,",
                      absl::Base64Escape(*png), "\">");
}

std::string MostConfused(const ReportData& data, const ConfusionMatrix& matrix) {
  std::vector<std::tuple<std::int64_t, int, int>> pairs;  // minus count, label, predicted
  for (int label = 0; label < matrix.classes(); ++label) {
    for (int predicted = 0; predicted < matrix.classes(); ++predicted) {
      if (label == predicted || matrix.count(label, predicted) == 0) continue;
      pairs.emplace_back(-matrix.count(label, predicted), label, predicted);
    }
  }
  std::ranges::sort(pairs);
  if (pairs.size() > kPairs) pairs.resize(kPairs);
  if (pairs.empty()) return "<p>No image was put into a wrong class.</p>";
  std::string html =
      "<div><h3>Confused most</h3><table><tr><th>true<th>taken for<th class=number>images</tr>";
  for (const auto& [count, label, predicted] : pairs) {
    absl::StrAppend(&html, "<tr><td>", EscapeHtml(NameOf(data, label)), "<td>",
                    EscapeHtml(NameOf(data, predicted)), "<td class=number>", -count, "</tr>");
  }
  return html + "</table></div>";
}

std::string Bar(double share) {
  return absl::StrFormat("<td class=bar style=\"--share:%.3f\">%.1f", share, 100 * share);
}

}  // namespace

std::string ConfusionSection(const ReportData& data) {
  if (!data.result.scores) return "";
  const ConfusionMatrix& matrix = data.result.scores->confusion();
  const bool small = matrix.classes() <= kMostCells;
  return absl::StrCat(
      "<section><h2>Confusion matrix</h2><p class=note>A row is a true class, a column a predicted "
      "one; colours are shares of the row.</p><div class=side><div class=scroll>",
      small ? Cells(data, matrix) : Picture(matrix), "</div>", MostConfused(data, matrix),
      "</div></section>");
}

std::string ClassesSection(const ReportData& data) {
  if (!data.result.scores) return "";
  const std::vector<ClassQuality> classes = data.result.scores->confusion().per_class();
  const ClassQuality mean = ConfusionMatrix::Mean(classes);
  std::vector<int> order(classes.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](int i) {
    const ClassQuality& quality = classes[static_cast<std::size_t>(i)];
    return quality.images == 0 ? 2.0 : quality.f1;
  });
  std::string html =
      "<section><h2>Classes</h2><p class=note>Worst first.</p><div "
      "class=scroll><table><tr><th>class<th class=number>images<th class=number>trained on<th "
      "class=number>precision %<th class=number>recall %<th class=number>F1 %</tr>";
  const auto row = [&](const std::string& name, const std::string& trained,
                       const ClassQuality& quality) {
    absl::StrAppend(&html, "<tr><td>", EscapeHtml(name), "<td class=number>", quality.images,
                    "<td class=number>", trained, Bar(quality.precision), Bar(quality.recall),
                    Bar(quality.f1), "</tr>");
  };
  row("mean over classes", "", mean);
  for (std::size_t i = 0; i < std::min(order.size(), kClassRows); ++i) {
    const auto label = static_cast<std::size_t>(order[i]);
    const bool known = label < data.facts.train_images.size();
    row(data.facts.class_names[label],
        known ? absl::StrCat(data.facts.train_images[label]) : std::string(), classes[label]);
  }
  html += "</table></div>";
  if (order.size() > kClassRows) {
    absl::StrAppend(&html, "<p class=note>", order.size() - kClassRows,
                    " better classes are left out.</p>");
  }
  return html + "</section>";
}

}  // namespace avocet
