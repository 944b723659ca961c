#include "engine/train/data/csv_dataset.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string_view>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/train/data/csv_reader.h"
#include "engine/train/data/natural_order.h"
#include "engine/train/data/read_file.h"

namespace avocet {
namespace {

constexpr std::uint64_t kMaxCsvBytes = std::uint64_t{1} << 30;
constexpr std::array<std::string_view, 6> kPathNames = {"path",      "file",  "filename",
                                                        "file_name", "image", "filepath"};
constexpr std::array<std::string_view, 3> kLabelNames = {"label", "class", "category"};

// One line of the file.
struct Entry {
  std::int64_t line;
  std::string path;
  std::string label;
};

absl::Status Error(const std::string& file, std::int64_t line, const std::string& message) {
  return absl::InvalidArgumentError(absl::StrCat(file, ":", line, ": ", message));
}

template <std::size_t N>
bool IsOneOf(const std::string& field, const std::array<std::string_view, N>& names) {
  std::string name(field);
  absl::AsciiStrToLower(&name);
  absl::StripAsciiWhitespace(&name);
  return std::find(names.begin(), names.end(), name) != names.end();
}

struct Columns {
  std::size_t path = 0;
  std::size_t label = 1;
};

// Of a header, which names a path's column first or the label's.
absl::StatusOr<Columns> ReadHeader(const std::string& file, const CsvRecord& header) {
  const auto place = [&header](const auto& names) {
    return static_cast<std::size_t>(
        std::find_if(header.fields.begin(), header.fields.end(),
                     [&names](const std::string& field) { return IsOneOf(field, names); }) -
        header.fields.begin());
  };
  const Columns columns = {place(kPathNames), place(kLabelNames)};
  if (columns.path == header.fields.size() || columns.label == header.fields.size()) {
    return Error(file, header.line, "a header without a column \"path\" and a column \"label\"");
  }
  return columns;
}

absl::StatusOr<std::vector<Entry>> ReadEntries(const std::string& file) {
  std::string text;
  RETURN_IF_ERROR(ReadFile(file, kMaxCsvBytes, &text));
  auto records = ParseCsv(text);
  if (!records.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(file, ": ", records.status().message()));
  }
  Columns columns;
  std::size_t first = 0;
  if (!records->empty() && (IsOneOf(records->front().fields[0], kPathNames) ||
                            IsOneOf(records->front().fields[0], kLabelNames))) {
    ASSIGN_OR_RETURN(columns, ReadHeader(file, records->front()));
    first = 1;
  }
  const std::size_t needed = std::max(columns.path, columns.label) + 1;
  std::vector<Entry> entries;
  for (std::size_t i = first; i < records->size(); ++i) {
    CsvRecord& record = (*records)[i];
    if (record.fields.size() < needed) {
      return Error(file, record.line,
                   absl::StrCat("expected at least ", needed, " fields (path and label), found ",
                                record.fields.size()));
    }
    std::string& path = record.fields[columns.path];
    std::string& label = record.fields[columns.label];
    if (path.empty()) return Error(file, record.line, "the path is empty");
    if (label.empty()) return Error(file, record.line, "the label is empty");
    entries.push_back({record.line, std::move(path), std::move(label)});
  }
  if (entries.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(file, ": expected lines of path and label, found none"));
  }
  return entries;
}

absl::StatusOr<Dataset> Build(const std::string& file, const std::vector<Entry>& entries,
                              std::vector<std::string> class_names) {
  std::map<std::string_view, int> labels;
  for (std::size_t i = 0; i < class_names.size(); ++i) {
    labels[class_names[i]] = static_cast<int>(i);
  }
  const std::filesystem::path folder = std::filesystem::path(file).parent_path();
  std::map<std::string, const Entry*> seen;
  Dataset dataset;
  for (const Entry& entry : entries) {
    const auto label = labels.find(entry.label);
    if (label == labels.end()) {
      return Error(file, entry.line,
                   absl::StrCat("class \"", entry.label, "\" has no images to train on"));
    }
    const std::string path = (folder / entry.path).lexically_normal().string();
    const auto [place, fresh] = seen.emplace(path, &entry);
    if (!fresh && place->second->label != entry.label) {
      return Error(file, entry.line,
                   absl::StrCat(entry.path, " is \"", entry.label, "\" here but \"",
                                place->second->label, "\" in line ", place->second->line));
    }
    dataset.samples.push_back({path, /*index=*/-1, label->second});
  }
  dataset.class_names = std::move(class_names);
  return dataset;
}

}  // namespace

absl::StatusOr<Dataset> ReadCsv(const std::string& path) {
  ASSIGN_OR_RETURN(const std::vector<Entry> entries, ReadEntries(path));
  std::vector<std::string> class_names;
  for (const Entry& entry : entries) class_names.push_back(entry.label);
  std::sort(class_names.begin(), class_names.end(), NaturalLess);
  class_names.erase(std::unique(class_names.begin(), class_names.end()), class_names.end());
  return Build(path, entries, std::move(class_names));
}

absl::StatusOr<Dataset> ReadCsv(const std::string& path,
                                const std::vector<std::string>& class_names) {
  ASSIGN_OR_RETURN(const std::vector<Entry> entries, ReadEntries(path));
  return Build(path, entries, class_names);
}

}  // namespace avocet
