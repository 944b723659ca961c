#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/train/data/inspect.h"

namespace avocet {
namespace {

constexpr std::size_t kMaxRows = 20;    // classes listed; of more only the ends
constexpr std::size_t kMaxListed = 10;  // unreadable files listed

std::int64_t Sum(const std::vector<std::int64_t>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
}

void AppendClasses(const DatasetReport& report, std::string* text) {
  const std::size_t classes = report.class_names.size();
  std::vector<std::size_t> rows(classes);
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  const bool shortened = classes > kMaxRows;
  if (shortened) {
    std::stable_sort(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) {
      return report.train_counts[a] > report.train_counts[b];
    });
  }
  std::size_t width = 5;
  for (const std::string& name : report.class_names) width = std::max(width, name.size());
  absl::StrAppendFormat(text, "%-*s  %9s  %10s\n", static_cast<int>(width), "class", "train",
                        "validation");
  for (std::size_t i = 0; i < classes; ++i) {
    if (shortened && i == kMaxRows / 2) {
      absl::StrAppend(text, "... ", classes - kMaxRows, " more classes\n");
      i = classes - kMaxRows / 2;
    }
    absl::StrAppendFormat(text, "%-*s  %9d  %10d\n", static_cast<int>(width),
                          report.class_names[rows[i]], report.train_counts[rows[i]],
                          report.validation_counts[rows[i]]);
  }
}

void AppendUnreadable(const char* part, const std::vector<DatasetReport::Unreadable>& files,
                      std::string* text) {
  if (files.empty()) return;
  absl::StrAppend(text, "unreadable in ", part, ": ", files.size(), "; they are left out\n");
  for (std::size_t i = 0; i < std::min(files.size(), kMaxListed); ++i) {
    absl::StrAppend(text, "  ", files[i].name, ": ", files[i].reason, "\n");
  }
  if (files.size() > kMaxListed) {
    absl::StrAppend(text, "  ... ", files.size() - kMaxListed, " more\n");
  }
}

}  // namespace

std::string ReportText(const DatasetReport& report) {
  std::string text =
      absl::StrCat(report.class_names.size(), " classes, ", Sum(report.train_counts),
                   " images to train, ", Sum(report.validation_counts), " to validate\n");
  AppendClasses(report, &text);
  AppendUnreadable("training", report.train_unreadable, &text);
  AppendUnreadable("validation", report.validation_unreadable, &text);
  if (!report.train_duplicates.empty()) {
    absl::StrAppend(&text, "duplicates within training: ", report.train_duplicates.size(), "\n");
  }
  if (!report.leaks.empty()) {
    absl::StrAppend(&text, "in validation and in training: ", report.leaks.size(),
                    "; the measured accuracy will be too high\n");
  }
  if (report.contradictions > 0) {
    absl::StrAppend(&text, "the same picture under different labels: ", report.contradictions,
                    "\n");
  }
  for (const std::string& example : report.examples) absl::StrAppend(&text, "  ", example, "\n");
  return text;
}

}  // namespace avocet
