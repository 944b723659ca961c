#include "engine/tuning/cpu_model.h"

#include <fstream>
#include <string_view>

#include "absl/strings/str_cat.h"

namespace avocet {
namespace {

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t";
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

}  // namespace

std::string CpuModelName(const std::filesystem::path& root) {
  std::ifstream cpuinfo(root / "proc/cpuinfo");
  std::string name;
  std::string details;
  // Of the first CPU: a blank line ends it.
  for (std::string line; std::getline(cpuinfo, line) && !line.empty();) {
    const size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::string key(Trimmed(std::string_view(line).substr(0, colon)));
    const std::string value(Trimmed(std::string_view(line).substr(colon + 1)));
    if (key == "model name") {
      name = value;
    } else if (key == "cpu family" || key == "model" || key == "stepping" || key == "cache size" ||
               key == "CPU part") {  // the last one is ARM's
      absl::StrAppend(&details, ", ", key, " ", value);
    }
  }
  return absl::StrCat(name.empty() ? "unknown" : name, details);
}

}  // namespace avocet
