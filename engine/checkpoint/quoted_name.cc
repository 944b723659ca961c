#include "engine/checkpoint/quoted_name.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace avocet {

std::string QuotedName(std::string_view name) {
  constexpr std::size_t kShown = 120;
  const std::string text = absl::Utf8SafeCEscape({name.data(), std::min(name.size(), kShown)});
  return absl::StrCat("\"", text, name.size() > kShown ? "...\"" : "\"");
}

}  // namespace avocet
