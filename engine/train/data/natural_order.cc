#include "engine/train/data/natural_order.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"

namespace avocet {
namespace {

// Takes the run of digits, or of other characters, from the front of `text`.
std::string_view TakeRun(std::string_view* text) {
  const bool digits = absl::ascii_isdigit(static_cast<unsigned char>(text->front()));
  const auto end = std::find_if(text->begin(), text->end(), [digits](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c)) != digits;
  });
  const std::string_view run = text->substr(0, static_cast<std::size_t>(end - text->begin()));
  text->remove_prefix(run.size());
  return run;
}

bool StartsWithDigit(std::string_view run) {
  return absl::ascii_isdigit(static_cast<unsigned char>(run.front()));
}

// Negative, zero or positive. Digits come before other characters, as in Python's split, whose
// list of a name that begins with a digit begins with an empty text.
int CompareRuns(std::string_view a, std::string_view b) {
  if (StartsWithDigit(a) != StartsWithDigit(b)) return StartsWithDigit(a) ? -1 : 1;
  if (StartsWithDigit(a)) {
    a.remove_prefix(std::min(a.find_first_not_of('0'), a.size()));
    b.remove_prefix(std::min(b.find_first_not_of('0'), b.size()));
    if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
    return a.compare(b);
  }
  const auto lower = [](char c) { return absl::ascii_tolower(static_cast<unsigned char>(c)); };
  const auto order = std::lexicographical_compare_three_way(
      a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) {
        return static_cast<unsigned char>(lower(x)) <=> static_cast<unsigned char>(lower(y));
      });
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

}  // namespace

bool NaturalLess(std::string_view a, std::string_view b) {
  std::string_view rest_a = a;
  std::string_view rest_b = b;
  while (!rest_a.empty() && !rest_b.empty()) {
    const int order = CompareRuns(TakeRun(&rest_a), TakeRun(&rest_b));
    if (order != 0) return order < 0;
  }
  if (rest_a.empty() != rest_b.empty()) return rest_a.empty();
  return a < b;
}

}  // namespace avocet
