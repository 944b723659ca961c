// A field of a comma-separated file.
#ifndef AVOCET_ENGINE_METRICS_CSV_H_
#define AVOCET_ENGINE_METRICS_CSV_H_

#include <string>
#include <string_view>

namespace avocet {

// `text` as RFC 4180 wants it: in quotes where it holds a comma, a quote or a line's end.
inline std::string CsvField(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string field = "\"";
  for (const char c : text) {
    if (c == '"') field += '"';
    field += c;
  }
  return field + '"';
}

}  // namespace avocet

#endif  // AVOCET_ENGINE_METRICS_CSV_H_
