#include "engine/checkpoint/foreign_names.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "engine/graph/parameter_spec.h"

namespace avocet {
namespace {

constexpr const char* kContainers[] = {"state_dict_ema", "model_ema", "state_dict", "model"};

struct Rule {
  std::string_view begin;  // of the foreign name
  std::string_view timm;
};

// torchvision's classifier is a Sequential with ReLU and dropout in between.
constexpr Rule kVggRules[] = {{"classifier.0.", "pre_logits.fc1."},
                              {"classifier.3.", "pre_logits.fc2."},
                              {"classifier.6.", "head.fc."}};

bool Begins(const std::string& name, std::string_view begin) {
  return std::string_view(name).starts_with(begin);
}

bool AnyBegins(std::span<const TensorView> tensors, std::string_view begin) {
  return std::ranges::any_of(tensors,
                             [&](const TensorView& tensor) { return Begins(tensor.name, begin); });
}

std::string VggName(const std::string& name) {
  for (const Rule& rule : kVggRules) {
    if (Begins(name, rule.begin)) {
      return std::string(rule.timm) + name.substr(rule.begin.size());
    }
  }
  return name;
}

// Facebook's repositories ConvNeXt and ConvNeXt-V2.
std::string ConvNextName(std::string name) {
  constexpr std::string_view kDownsample = "downsample_layers.";
  constexpr std::string_view kStages = "stages.";
  if (Begins(name, kDownsample)) {
    const std::string rest = name.substr(kDownsample.size());  // "0.1.weight": stage, layer
    if (rest.starts_with("0.")) return "stem." + rest.substr(2);
    const auto dot = std::min(rest.find('.'), rest.size());
    return absl::StrCat("stages.", rest.substr(0, dot), ".downsample", rest.substr(dot));
  }
  if (Begins(name, kStages)) {
    const auto dot = name.find('.', kStages.size());
    if (dot == std::string::npos) return name;
    name.insert(dot, ".blocks");
    return absl::StrReplaceAll(name, {{".dwconv.", ".conv_dw."},
                                      {".pwconv", ".mlp.fc"},
                                      {".grn.beta", ".mlp.grn.bias"},
                                      {".grn.gamma", ".mlp.grn.weight"}});
  }
  if (Begins(name, "norm.")) return "head." + name;
  if (Begins(name, "head.")) return "head.fc." + name.substr(5);
  return name;
}

// The tensors of the first container that there is, under their names in it.
std::vector<TensorView> Unwrap(std::span<const TensorView> tensors, TranslatedTensors& result) {
  std::string prefix;
  for (const char* container : kContainers) {
    if (!AnyBegins(tensors, absl::StrCat(container, "."))) continue;
    result.container = container;
    prefix = result.container + ".";
    break;
  }
  std::vector<TensorView> inner;
  for (const TensorView& tensor : tensors) {
    absl::string_view name = tensor.name;
    if (!absl::ConsumePrefix(&name, prefix)) {
      ++result.left_out;
      continue;
    }
    while (absl::ConsumePrefix(&name, "module.") || absl::ConsumePrefix(&name, "_orig_mod.")) {
    }
    inner.push_back(tensor);
    inner.back().name = std::string(name);
  }
  return inner;
}

std::vector<std::int64_t> WithoutOnes(std::span<const std::int64_t> shape) {
  std::vector<std::int64_t> dense;
  std::ranges::copy_if(shape, std::back_inserter(dense), [](auto size) { return size != 1; });
  return dense;
}

bool IsFlattened(std::span<const std::int64_t> found, const ParameterSpec& spec) {
  return found.size() == 2 && spec.shape.size() == 4 && found[0] == spec.shape[0] &&
         found[1] * found[0] == spec.size();
}

}  // namespace

void GiveShapes(const Graph& graph, std::span<TensorView> tensors) {
  std::map<std::string, ParameterSpec> specs;
  for (ParameterSpec& spec : GraphParameters(graph)) specs.emplace(spec.name, std::move(spec));
  for (TensorView& tensor : tensors) {
    const auto found = specs.find(tensor.name);
    if (found == specs.end()) continue;
    const ParameterSpec& spec = found->second;
    if (WithoutOnes(tensor.shape) == WithoutOnes(spec.shape) || IsFlattened(tensor.shape, spec)) {
      tensor.shape = spec.shape;
    }
  }
}

TranslatedTensors TranslateNames(std::span<const TensorView> tensors, const Graph& graph) {
  TranslatedTensors result;
  result.tensors = Unwrap(tensors, result);
  const bool convnext = AnyBegins(result.tensors, "downsample_layers.");
  const bool vgg =
      AnyBegins(result.tensors, "features.") && AnyBegins(result.tensors, "classifier.6.");
  result.source = convnext ? "Facebook" : vgg ? "torchvision" : "timm";
  std::set<std::string> names;
  bool distinct = true;
  for (TensorView& tensor : result.tensors) {
    if (convnext) tensor.name = ConvNextName(tensor.name);
    if (vgg) tensor.name = VggName(tensor.name);
    distinct = names.insert(tensor.name).second && distinct;
  }
  if (!distinct) result = {{tensors.begin(), tensors.end()}, "timm", "", 0};
  GiveShapes(graph, result.tensors);
  return result;
}

}  // namespace avocet
