#include "engine/tool/text_table.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <numeric>
#include <span>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/check.h"

namespace avocet {
namespace {

constexpr std::size_t kLeastNameWidth = 12;
constexpr std::string_view kCut = "..";

// Cuts off the beginning, as far as the next dot: "blocks.1.0.conv_pwl" -> "..1.0.conv_pwl".
std::string CutBeginning(const std::string& text, std::size_t width) {
  const std::size_t begin = text.size() - (width - kCut.size());
  const std::size_t dot = text.find('.', begin - 1);
  return std::string(kCut).append(text, dot == std::string::npos ? begin : dot + 1);
}

std::string Fit(std::string text, std::size_t width, Align align) {
  if (text.size() > width) text = CutBeginning(text, width);
  const std::string blanks(width - text.size(), ' ');
  return align == Align::kLeft ? text + blanks : blanks + text;
}

std::size_t LineWidth(std::span<const std::size_t> widths, std::size_t gap) {
  return std::accumulate(widths.begin(), widths.end(), gap * (widths.size() - 1));
}

std::string WithPrefix(double value, double base, int significant,
                       std::span<const char* const> prefixes, const char* unit) {
  // What would be shown as a thousand of one prefix is 1 of the next.
  const double limit = base - 0.5;
  std::size_t i = 0;
  while (i + 1 < prefixes.size() && value >= limit) {
    value /= base;
    ++i;
  }
  const int before_point = value < 9.995 ? 1 : value < 99.95 ? 2 : value < 999.5 ? 3 : 4;
  const int digits = i == 0 ? 0 : std::max(significant - before_point, 0);
  return absl::StrFormat("%.*f %s%s", digits, value, prefixes[i], unit);
}

}  // namespace

int TerminalColumns() {
  winsize size{};
  if (isatty(STDOUT_FILENO) == 0 || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col;
}

void TextTable::Add(std::vector<std::string> cells) {
  AVOCET_CHECK(cells.size() == columns_.size());
  rows_.push_back(std::move(cells));
}

std::string TextTable::Print(int max_width) const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    widths.push_back(columns_[i].title.size());
    for (const auto& row : rows_) {
      if (!row.empty()) widths[i] = std::max(widths[i], row[i].size());
    }
  }
  std::size_t gap = 2;
  const auto limit = static_cast<std::size_t>(max_width);
  if (limit > 0 && LineWidth(widths, gap) > limit) {
    gap = 1;
    const std::size_t excess = LineWidth(widths, gap) > limit ? LineWidth(widths, gap) - limit : 0;
    const std::size_t least = std::min(widths[0], kLeastNameWidth);
    widths[0] = std::max(least, widths[0] - std::min(widths[0], excess));
  }

  std::string text;
  const auto print = [&](auto cell) {
    std::string line;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) line.append(gap, ' ');
      line += Fit(cell(i), widths[i], columns_[i].align);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    absl::StrAppend(&text, line, "\n");
  };
  print([&](std::size_t i) { return columns_[i].title; });
  for (const auto& row : rows_) {
    if (row.empty()) {
      absl::StrAppend(&text, std::string(LineWidth(widths, gap), '-'), "\n");
    } else {
      print([&](std::size_t i) { return row[i]; });
    }
  }
  return text;
}

std::string WithSeparators(std::int64_t value) {
  std::string text = absl::StrCat(value);
  const std::size_t first_digit = value < 0 ? 1 : 0;
  for (std::size_t i = text.size(); i > first_digit + 3;) {
    i -= 3;
    text.insert(i, 1, ',');
  }
  return text;
}

std::string Decimal(double value, int significant) {
  constexpr const char* kPrefixes[] = {"", "k", "M", "G", "T"};
  if (value == 0) return "-";
  std::string text = WithPrefix(value, 1000, significant, kPrefixes, "");
  text.erase(text.find_last_not_of(' ') + 1);
  return text;
}

std::string Bytes(double bytes) {
  constexpr const char* kPrefixes[] = {"", "k", "M", "G", "T"};
  return WithPrefix(bytes, 1000, 3, kPrefixes, "B");
}

}  // namespace avocet
