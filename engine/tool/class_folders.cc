#include "engine/tool/class_folders.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "engine/base/edit_distance.h"

namespace avocet {
namespace {

constexpr std::size_t kShown = 5;  // folders that a message names
constexpr int kTwoClasses = -1;    // have the same name

std::string Plain(const std::string& name) {
  return absl::StrReplaceAll(absl::AsciiStrToLower(name), {{"_", " "}});
}

std::optional<int> Index(const std::string& name, std::size_t classes) {
  int index = 0;
  const char* const end = name.data() + name.size();
  const auto [parsed, problem] = std::from_chars(name.data(), end, index);
  if (problem != std::errc() || parsed != end || index < 0) return std::nullopt;
  if (static_cast<std::size_t>(index) >= classes) return std::nullopt;
  return index;
}

std::string Nearest(const std::string& name, std::span<const std::string> label_names) {
  const auto distance = [&](const std::string& label) {
    return EditDistance(Plain(label), Plain(name));
  };
  return *std::ranges::min_element(label_names, {}, distance);
}

}  // namespace

absl::StatusOr<std::map<std::string, int>> MatchClassFolders(
    std::span<const ImageFile> files, std::span<const std::string> label_names) {
  std::map<std::string, int> by_name;
  for (std::size_t i = 0; i < label_names.size(); ++i) {
    const auto [entry, inserted] = by_name.emplace(Plain(label_names[i]), static_cast<int>(i));
    if (!inserted) entry->second = kTwoClasses;
  }
  std::set<std::string> groups;
  for (const ImageFile& file : files) groups.insert(file.group);
  std::map<std::string, int> classes;
  std::vector<std::string> others;
  for (const std::string& group : groups) {
    const auto found = by_name.find(Plain(group));
    if (found != by_name.end() && found->second == kTwoClasses) {
      return absl::InvalidArgumentError(absl::StrCat(
          "folder \"", group, "\": two classes have this name; name the folder by its index"));
    }
    if (found != by_name.end()) {
      classes[group] = found->second;
    } else if (const auto index = Index(group, label_names.size())) {
      classes[group] = *index;
    } else {
      others.push_back(group);
    }
  }
  if (classes.empty() || others.empty()) return classes;
  if (others.front().empty()) {
    return absl::InvalidArgumentError(
        "expected one folder a class, found pictures beside the folders");
  }
  const std::size_t count = others.size();
  others.resize(std::min(count, kShown));
  for (std::string& group : others) {
    group = absl::StrCat("\"", group, "\" (nearest: \"", Nearest(group, label_names), "\")");
  }
  return absl::InvalidArgumentError(
      absl::StrCat("expected folders with the names or the indices of classes, found ", count,
                   " others: ", absl::StrJoin(others, ", "), count > kShown ? ", ..." : ""));
}

}  // namespace avocet
