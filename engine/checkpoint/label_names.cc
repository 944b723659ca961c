#include "engine/checkpoint/label_names.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/base/status.h"
#include "engine/checkpoint/imagenet_labels.h"
#include "engine/checkpoint/json_document.h"

namespace avocet {

absl::StatusOr<std::vector<std::string>> ReadLabelNames(const JsonValue& value) {
  if (!value.IsArray() && !value.IsObject()) {
    return value.Expected("an array of names, or an object from class index to name");
  }
  std::vector<std::string> names;
  names.reserve(value.json().size());
  for (std::size_t i = 0; i < value.json().size(); ++i) {
    if (value.IsArray()) {
      ASSIGN_OR_RETURN(names.emplace_back(), value.Element(i).String());
      continue;
    }
    ASSIGN_OR_RETURN(const JsonValue member, value.RequiredMember(std::to_string(i)));
    ASSIGN_OR_RETURN(names.emplace_back(), member.String());
  }
  return names;
}

absl::StatusOr<std::vector<std::string>> ReadLabelFile(const std::string& path) {
  ASSIGN_OR_RETURN(std::string text, ReadTextFile(path));
  if (text.starts_with('[') || text.starts_with('{')) {
    ASSIGN_OR_RETURN(const nlohmann::json document, ParseJson(text, path));
    return ReadLabelNames(JsonValue(document, path));
  }
  absl::StripTrailingAsciiWhitespace(&text);
  std::vector<std::string> names = absl::StrSplit(text, '\n');
  for (std::size_t i = 0; i < names.size(); ++i) {
    absl::StripAsciiWhitespace(&names[i]);
    if (names[i].empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": line ", i + 1, ": expected the name of a class, found nothing"));
    }
  }
  return names;
}

std::vector<std::string> DefaultLabelNames(int num_classes) {
  std::vector<std::string> imagenet = ImageNetLabels();
  if (num_classes == static_cast<int>(imagenet.size())) return imagenet;
  std::vector<std::string> names;
  names.reserve(static_cast<std::size_t>(num_classes));
  for (int i = 0; i < num_classes; ++i) names.push_back(absl::StrCat("class ", i));
  return names;
}

}  // namespace avocet
