#include "engine/train/data/csv_reader.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"

namespace avocet {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// Reads records from the front of a text.
class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  bool AtEnd() const { return rest_.empty(); }

  absl::StatusOr<CsvRecord> Record() {
    CsvRecord record{line_, {}};
    for (;;) {
      std::string field;
      RETURN_IF_ERROR(!rest_.empty() && rest_.front() == '"' ? Quoted(&field) : Plain(&field));
      record.fields.push_back(std::move(field));
      if (rest_.empty() || rest_.front() != ',') break;
      rest_.remove_prefix(1);
    }
    EndLine();
    return record;
  }

 private:
  absl::Status Error(const char* what) const {
    return absl::InvalidArgumentError(absl::StrCat("line ", line_, ": ", what));
  }

  bool AtLineEnd() const {
    return rest_.empty() || rest_.front() == '\n' ||
           (rest_.front() == '\r' && (rest_.size() == 1 || rest_[1] == '\n'));
  }

  void EndLine() {
    if (!rest_.empty() && rest_.front() == '\r') rest_.remove_prefix(1);
    if (!rest_.empty()) rest_.remove_prefix(1);
    ++line_;
  }

  absl::Status Plain(std::string* field) {
    while (!AtLineEnd() && rest_.front() != ',') {
      if (rest_.front() == '"') return Error("a quote inside a field that does not begin with one");
      if (rest_.front() == '\0') return Error("a byte that is zero: this is no text");
      field->push_back(rest_.front());
      rest_.remove_prefix(1);
    }
    return absl::OkStatus();
  }

  absl::Status Quoted(std::string* field) {
    const std::int64_t begin = line_;
    rest_.remove_prefix(1);
    for (; !rest_.empty(); rest_.remove_prefix(1)) {
      const char c = rest_.front();
      if (c == '\0') return Error("a byte that is zero: this is no text");
      if (c == '\n') ++line_;
      if (c == '"') {
        if (rest_.size() < 2 || rest_[1] != '"') break;
        rest_.remove_prefix(1);
      }
      field->push_back(c);
    }
    if (rest_.empty()) {
      line_ = begin;
      return Error("a quote that is never closed");
    }
    rest_.remove_prefix(1);
    if (!AtLineEnd() && rest_.front() != ',') return Error("text after a closing quote");
    return absl::OkStatus();
  }

  std::string_view rest_;
  std::int64_t line_ = 1;
};

}  // namespace

absl::StatusOr<std::vector<CsvRecord>> ParseCsv(std::string_view text) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  std::vector<CsvRecord> records;
  Parser parser(text);
  while (!parser.AtEnd()) {
    ASSIGN_OR_RETURN(CsvRecord record, parser.Record());
    if (record.fields.size() == 1 && record.fields[0].empty()) continue;
    records.push_back(std::move(record));
  }
  return records;
}

}  // namespace avocet
