#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/train/data/inspect.h"

namespace avocet {
namespace {

constexpr std::size_t kMaxListed = 10;  // unreadable files listed

std::int64_t Sum(const std::vector<std::int64_t>& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
}

// "1 picture", "2 pictures".
std::string Pictures(std::int64_t count) {
  return absl::StrCat(count, count == 1 ? " picture" : " pictures");
}

void AppendUnreadable(const char* part, const std::vector<DatasetReport::Unreadable>& files,
                      std::vector<std::string>& notes) {
  for (std::size_t i = 0; i < std::min(files.size(), kMaxListed); ++i) {
    notes.push_back(absl::StrCat("cannot be read and is left out of ", part, ": ", files[i].name,
                                 ": ", files[i].reason));
  }
  if (files.size() > kMaxListed) {
    notes.push_back(absl::StrCat("cannot be read and are left out of ", part, ": ", files.size(),
                                 " in all; unreadable.csv in the run's folder lists them"));
  }
}

}  // namespace

std::vector<std::string> NotesOf(const DatasetReport& report) {
  std::vector<std::string> notes;
  const std::int64_t images = Sum(report.train_counts) + Sum(report.validation_counts);
  if (report.looked_at < images) {
    notes.push_back(absl::StrCat("only ", report.looked_at, " of ", images,
                                 " images were looked at for damage and duplicates"));
  }
  AppendUnreadable("training", report.train_unreadable, notes);
  AppendUnreadable("validation", report.validation_unreadable, notes);
  const auto duplicates = static_cast<std::int64_t>(report.train_duplicates.size());
  if (duplicates > 0) {
    notes.push_back(absl::StrCat(Pictures(duplicates), " to train on, repeated from others"));
  }
  const auto leaks = static_cast<std::int64_t>(report.leaks.size());
  if (leaks > 0) {
    notes.push_back(absl::StrCat(Pictures(leaks),
                                 " to validate on, among those to train on too: the measured "
                                 "accuracy will be too high"));
  }
  if (report.contradictions > 0) {
    notes.push_back(absl::StrCat(Pictures(report.contradictions),
                                 " that another class has too, byte for byte"));
  }
  for (const std::string& example : report.examples) {
    notes.push_back(absl::StrCat("the same picture: ", example));
  }
  return notes;
}

}  // namespace avocet
