#include "engine/models/zoo.h"

#include <algorithm>
#include <span>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/base/edit_distance.h"

namespace avocet {

// A family's file defines its list; this index names it.
std::span<const Backbone> LeNet();
std::span<const Backbone> Vgg();
std::span<const Backbone> ResNet();
std::span<const Backbone> EfficientNet();
std::span<const Backbone> EfficientNetLite();
std::span<const Backbone> EfficientNetV2();
std::span<const Backbone> ConvNext();

namespace {

constexpr std::span<const Backbone> (*kFamilies[])() = {
    LeNet, Vgg, ResNet, EfficientNet, EfficientNetLite, EfficientNetV2, ConvNext};

constexpr std::size_t kSuggestions = 3;

}  // namespace

std::vector<const Backbone*> AllBackbones() {
  std::vector<const Backbone*> all;
  for (const auto family : kFamilies) {
    for (const Backbone& backbone : family()) all.push_back(&backbone);
  }
  return all;
}

absl::StatusOr<const Backbone*> FindBackbone(std::string_view name) {
  std::vector<const Backbone*> all = AllBackbones();
  for (const Backbone* backbone : all) {
    if (backbone->name == name) return backbone;
  }
  std::stable_sort(all.begin(), all.end(), [&](const Backbone* a, const Backbone* b) {
    return EditDistance(a->name, name) < EditDistance(b->name, name);
  });
  std::vector<std::string> nearest;
  for (std::size_t i = 0; i < std::min(kSuggestions, all.size()); ++i) {
    nearest.emplace_back(all[i]->name);
  }
  return absl::NotFoundError(absl::StrCat("unknown architecture \"", std::string(name),
                                          "\"; the nearest known ones are ",
                                          absl::StrJoin(nearest, ", ")));
}

}  // namespace avocet
