// How far apart two names are.
#ifndef AVOCET_ENGINE_BASE_EDIT_DISTANCE_H_
#define AVOCET_ENGINE_BASE_EDIT_DISTANCE_H_

#include <algorithm>
#include <numeric>
#include <string_view>
#include <vector>

namespace avocet {

// Levenshtein's distance: the least number of characters to insert, delete or replace.
inline std::size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

}  // namespace avocet

#endif  // AVOCET_ENGINE_BASE_EDIT_DISTANCE_H_
