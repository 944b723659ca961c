#include "engine/base/precision.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace avocet {

absl::StatusOr<Precision> ParsePrecision(std::string_view name) {
  std::string names;
  for (const Precision precision : kPrecisions) {
    if (PrecisionName(precision) == name) return precision;
    absl::StrAppend(&names, names.empty() ? "" : ", ", std::string(PrecisionName(precision)));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("expected a precision of ", names, ", found \"", std::string(name), "\""));
}

}  // namespace avocet
