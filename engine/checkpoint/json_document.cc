#include "engine/checkpoint/json_document.h"

#include <set>
#include <span>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/checkpoint/file_reader.h"

namespace avocet {

absl::StatusOr<std::string> ReadTextFile(const std::string& path) {
  ASSIGN_OR_RETURN(FileReader file, FileReader::Open(path));
  if (file.size() > kMaxJsonBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": ", file.size(), " bytes are more than ", kMaxJsonBytes));
  }
  std::string text(static_cast<std::size_t>(file.size()), '\0');
  RETURN_IF_ERROR(file.Read(std::as_writable_bytes(std::span(text))));
  return text;
}

absl::StatusOr<nlohmann::json> ReadJsonFile(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path));
  return ParseJson(text, path);
}

absl::StatusOr<nlohmann::json> ParseJson(const std::string& text, const std::string& path) {
  // The parser takes a NUL byte for the end of its input.
  if (const auto nul = text.find('\0'); nul != std::string::npos) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": NUL at byte ", nul));
  }

  using Event = nlohmann::json::parse_event_t;
  std::string problem;
  std::vector<std::set<std::string>> keys;  // of the objects that are open
  const auto check = [&](int depth, Event event, nlohmann::json& parsed) {
    if (event == Event::object_start) {
      keys.emplace_back();
    } else if (event == Event::object_end) {
      keys.pop_back();
    } else if (event == Event::key && !keys.back().insert(parsed.get<std::string>()).second) {
      problem = absl::StrCat("duplicate key \"",
                             absl::Utf8SafeCEscape(parsed.get_ref<const std::string&>()), "\"");
    }
    if (depth > kMaxJsonDepth) problem = absl::StrCat("nested deeper than ", kMaxJsonDepth);
    return problem.empty();
  };
  try {
    nlohmann::json document = nlohmann::json::parse(text, check);
    if (problem.empty()) return document;
  } catch (const nlohmann::json::exception& error) {
    if (problem.empty()) problem = absl::StrCat("not valid JSON: ", error.what());
  }
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", problem));
}

}  // namespace avocet
