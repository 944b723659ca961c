// Aligned columns of text, and numbers as people read them.
#ifndef AVOCET_ENGINE_TOOL_TEXT_TABLE_H_
#define AVOCET_ENGINE_TOOL_TEXT_TABLE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace avocet {

// Columns of the terminal that stdout is, or 0 if it is none: then there is no limit.
int TerminalColumns();

enum class Align { kLeft, kRight };

// Rows of as many cells as there are columns. Cells hold ASCII.
class TextTable {
 public:
  struct Column {
    std::string title;
    Align align = Align::kLeft;
  };
  explicit TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

  void Add(std::vector<std::string> cells);
  // A line of dashes.
  void AddRule() { rows_.emplace_back(); }

  // Header and rows. Where a line would be longer than `max_width` (0: any length), columns move
  // together and then the first one loses its beginning, not below 12 characters.
  std::string Print(int max_width) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;  // an empty one is a rule
};

// 138357544 -> "138,357,544".
std::string WithSeparators(std::int64_t value);
// With a decimal prefix: 4089184256 -> "4.09 G"; 0 -> "-".
std::string Decimal(double value, int significant = 3);
// 12845056 -> "12.8 MB".
std::string Bytes(double bytes);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TOOL_TEXT_TABLE_H_
