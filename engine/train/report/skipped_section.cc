#include <algorithm>
#include <cstddef>
#include <string>

#include "absl/strings/str_cat.h"
#include "engine/train/report/data_lists.h"
#include "engine/train/report/line_chart.h"
#include "engine/train/report/report_sections.h"

namespace avocet {
namespace {

constexpr std::size_t kRows = 200;

}  // namespace

std::string SkippedSection(const ReportData& data) {
  const std::vector<SkippedImage>& images = data.result.skipped;
  if (images.empty()) return "";
  std::string html =
      absl::StrCat("<section><h2>Images that cannot be read</h2><p class=note>", images.size(),
                   images.size() == 1 ? " file was" : " files were",
                   " left out.</p><div class=scroll><table><tr><th>file<th>why</tr>");
  for (std::size_t i = 0; i < std::min(images.size(), kRows); ++i) {
    absl::StrAppend(&html, "<tr><td>", EscapeHtml(images[i].name), "<td>",
                    EscapeHtml(images[i].reason), "</tr>");
  }
  html += "</table></div>";
  if (images.size() > kRows) {
    absl::StrAppend(&html, "<p class=note>", images.size() - kRows, " more are in ",
                    kUnreadableFile, ".</p>");
  }
  return html + "</section>";
}

}  // namespace avocet
