#include "engine/train/job/skipped_images.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/train/mpi/agreement.h"

namespace avocet {
namespace {

constexpr std::size_t kNamed = 20;

// What neither names of files nor reasons hold.
constexpr char kEnd = '\0';

}  // namespace

std::vector<SkippedImage> GatherSkipped(Collective* group, const SkippedByName& own) {
  std::string mine;
  for (const auto& [name, reason] : own) {
    mine += name + kEnd;
    mine += reason + kEnd;
  }
  SkippedByName all;
  for (const std::string& text : GatherTexts(group, mine)) {
    const std::vector<std::string> parts = absl::StrSplit(text, kEnd);
    for (std::size_t i = 0; i + 1 < parts.size(); i += 2) all.emplace(parts[i], parts[i + 1]);
  }
  std::vector<SkippedImage> images;
  for (const auto& [name, reason] : all) images.push_back({name, reason});
  return images;
}

std::string SkippedText(std::span<const SkippedImage> images, const std::string& list) {
  if (images.empty()) return "";
  std::string text;
  for (const SkippedImage& image : images.first(std::min(images.size(), kNamed))) {
    absl::StrAppend(&text, "skipped ", image.name, ": ", image.reason, "\n");
  }
  absl::StrAppend(&text, images.size(),
                  images.size() == 1 ? " image cannot be read" : " images cannot be read");
  if (images.size() > kNamed) absl::StrAppend(&text, ", the first ", kNamed, " of them above");
  absl::StrAppend(&text, "; listed in ", list, "\n");
  return text;
}

}  // namespace avocet
