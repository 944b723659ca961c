#include <numeric>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/image/encode.h"
#include "engine/train/report/line_chart.h"
#include "engine/train/report/report_sections.h"

namespace avocet {
namespace {

constexpr int kThumbnailSide = 128;
constexpr int kThumbnailQuality = 85;

std::int64_t Sum(const std::vector<std::int64_t>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
}

std::string Picture(const Image& image) {
  const absl::StatusOr<std::string> jpeg =
      EncodeJpeg(Thumbnail(image, kThumbnailSide), kThumbnailQuality);
  if (!jpeg.ok()) return "<div class=missing>no picture</div>";
  return absl::StrCat("<img alt=\"\" src=\"data:image/jpeg;base64,", absl::Base64Escape(*jpeg),
                      "\">");
}

std::string Row(const std::string& what, const std::string& value) {
  return absl::StrCat("<tr><th>", EscapeHtml(what), "<td>", EscapeHtml(value), "</tr>");
}

std::string Million(std::int64_t count) {
  return absl::StrFormat("%.2f million", static_cast<double>(count) / 1e6);
}

}  // namespace

std::string MistakesSection(const ReportData& data) {
  if (data.result.mistakes.empty()) return "";
  std::string html =
      "<section><h2>Worst mistakes</h2><p class=note>Validation images that were put into a wrong "
      "class with the most confidence.</p><div class=mistakes>";
  for (const Mistake& mistake : data.result.mistakes) {
    const auto name = [&](int label) {
      return EscapeHtml(data.facts.class_names[static_cast<std::size_t>(label)]);
    };
    absl::StrAppend(&html, "<figure title=\"", EscapeHtml(mistake.source), "\">",
                    Picture(mistake.picture), "<figcaption><b>", name(mistake.predicted),
                    absl::StrFormat("</b> %.0f&nbsp;%%<br>is ", 100 * mistake.confidence),
                    name(mistake.label), "</figcaption></figure>");
  }
  return html + "</div></section>";
}

std::string FactsSection(const ReportData& data) {
  const RunFacts& facts = data.facts;
  std::string html = "<section><h2>Run</h2><div class=side><div><h3>Data and network</h3><table>";
  html += Row("network", facts.architecture);
  html += Row("parameters", Million(facts.parameters));
  if (facts.trainable_parameters != facts.parameters) {
    html += Row("of them trained", Million(facts.trainable_parameters));
  }
  html += Row("classes", absl::StrCat(facts.class_names.size()));
  html += Row("training images", absl::StrCat(Sum(facts.train_images)));
  html += Row("validation images", absl::StrCat(Sum(facts.validation_images)));
  html += Row("epochs", absl::StrCat(facts.epochs));
  html += Row("batch size", absl::StrCat(facts.batch_size));
  html += Row("steps an epoch", absl::StrCat(facts.steps_per_epoch));
  for (const auto& [what, value] : facts.settings) html += Row(what, value);
  html += "</table>";
  if (!facts.data_notes.empty()) {
    html += "<h3>Found in the data</h3><ul>";
    for (const std::string& note : facts.data_notes) {
      absl::StrAppend(&html, "<li>", EscapeHtml(note));
    }
    html += "</ul>";
  }
  html += "</div>";
  if (!facts.configuration.empty()) {
    absl::StrAppend(&html, "<div><h3>Configuration</h3><pre>", EscapeHtml(facts.configuration),
                    "</pre></div>");
  }
  return html + "</div></section>";
}

}  // namespace avocet
