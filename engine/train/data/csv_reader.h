// Comma-separated values as RFC 4180 writes them.
#ifndef AVOCET_ENGINE_TRAIN_DATA_CSV_READER_H_
#define AVOCET_ENGINE_TRAIN_DATA_CSV_READER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace avocet {

struct CsvRecord {
  std::int64_t line = 0;  // where it begins, from 1
  std::vector<std::string> fields;
};

// Records end with LF or CRLF; fields in double quotes may hold commas, line ends and doubled
// quotes. A byte order mark at the start and empty lines are skipped. INVALID_ARGUMENT, with the
// line's number, for a quote that is not closed, one in the middle of a plain field, text after a
// closing quote, and bytes that are zero.
absl::StatusOr<std::vector<CsvRecord>> ParseCsv(std::string_view text);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_DATA_CSV_READER_H_
