#include "engine/checkpoint/model_config.h"

#include <algorithm>
#include <cfloat>
#include <iterator>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/checkpoint/json_document.h"
#include "engine/checkpoint/json_value.h"
#include "engine/checkpoint/label_names.h"
#include "engine/checkpoint/preprocess_names.h"

namespace avocet {
namespace {

constexpr int kMaxClasses = 1'000'000;   // 45 times ImageNet-21k
constexpr int kMaxFeatures = 1'000'000;  // likewise far above any network's
constexpr int kMaxImageSide = 4096;      // pixels; five times the largest published configuration
constexpr double kMaxMeanOrStd = 1e6;    // far outside of pixels in [0, 1], yet harmless in float32

template <typename Enum, std::size_t kCount>
absl::Status ReadChoice(const JsonValue& object, std::string_view key,
                        const NamedChoice<Enum> (&choices)[kCount], Enum& result) {
  const auto value = object.Member(key);
  if (!value) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::string text, value->String());
  const std::optional<Enum> choice = ChoiceOf(choices, text);
  if (!choice) return value->Expected("one of " + ChoiceNames(choices));
  result = *choice;
  return absl::OkStatus();
}

absl::Status ReadInputSize(const JsonValue& size, PreprocessConfig& config) {
  RETURN_IF_ERROR(size.ExpectArray(3));
  ASSIGN_OR_RETURN(config.channels, size.Element(0).Integer(1, 3));
  if (config.channels == 2) return size.Element(0).Expected("3 (colour) or 1 (grey)");
  ASSIGN_OR_RETURN(config.height, size.Element(1).Integer(1, kMaxImageSide));
  ASSIGN_OR_RETURN(config.width, size.Element(2).Integer(1, kMaxImageSide));
  return absl::OkStatus();
}

// One number for each of the network's channels. Of a grey network all three are the same one.
absl::Status ReadColours(const JsonValue& object, std::string_view key, double above, int channels,
                         std::array<float, 3>& result) {
  const auto value = object.Member(key);
  if (!value) return absl::OkStatus();
  const auto count = static_cast<std::size_t>(channels);
  RETURN_IF_ERROR(value->ExpectArray(count));
  for (std::size_t i = 0; i < result.size(); ++i) {
    ASSIGN_OR_RETURN(const double number, value->Element(i % count).Number(above, kMaxMeanOrStd));
    result[i] = static_cast<float>(number);
  }
  return absl::OkStatus();
}

absl::StatusOr<PreprocessConfig> ReadPreprocess(const JsonValue& object) {
  PreprocessConfig config;
  if (const auto size = object.Member("input_size")) {
    RETURN_IF_ERROR(ReadInputSize(*size, config));
  }
  if (const auto crop = object.Member("crop_pct")) {
    ASSIGN_OR_RETURN(config.crop_pct, crop->Number(0.0, 1.0));
  }
  RETURN_IF_ERROR(ReadChoice(object, "interpolation", kInterpolationNames, config.interpolation));
  RETURN_IF_ERROR(ReadChoice(object, "crop_mode", kCropModeNames, config.crop_mode));
  RETURN_IF_ERROR(ReadColours(object, "mean", -kMaxMeanOrStd, config.channels, config.mean));
  RETURN_IF_ERROR(ReadColours(object, "std", FLT_MIN, config.channels, config.std));
  return config;
}

absl::StatusOr<std::optional<PreprocessConfig>> ReadTestPreprocess(const JsonValue& object,
                                                                   PreprocessConfig config) {
  const auto size = object.Member("test_input_size");
  const auto crop = object.Member("test_crop_pct");
  if (!size && !crop) return std::nullopt;
  if (size) RETURN_IF_ERROR(ReadInputSize(*size, config));
  if (crop) {
    ASSIGN_OR_RETURN(config.crop_pct, crop->Number(0.0, 1.0));
  }
  return config;
}

// Refuses what timm would honour by building another network than the architecture's own.
absl::Status CheckNetworkOptions(const JsonValue& object) {
  if (const auto arguments = object.Member("model_args")) {
    RETURN_IF_ERROR(arguments->ExpectObject());
    if (!arguments->json().empty()) {
      const absl::Status error = arguments->Error(
          absl::StrCat("arguments that change the network are not supported, found \"",
                       arguments->json().begin().key(), "\""));
      return absl::UnimplementedError(error.message());
    }
  }
  if (const auto pool = object.Member("global_pool")) {
    ASSIGN_OR_RETURN(const std::string name, pool->String());
    if (name != "avg") {
      return absl::UnimplementedError(pool->Expected("\"avg\", the only pooling").message());
    }
  }
  return absl::OkStatus();
}

// `key` of the first object that has it.
std::optional<JsonValue> FirstMember(std::string_view key, const JsonValue& first,
                                     const JsonValue& second) {
  auto member = first.Member(key);
  return member ? member : second.Member(key);
}

absl::Status ReadClasses(const JsonValue& root, const JsonValue& pretrained, ModelConfig& config) {
  auto labels = FirstMember("label_names", root, pretrained);
  if (!labels) labels = FirstMember("labels", root, pretrained);
  if (labels) {
    ASSIGN_OR_RETURN(config.label_names, ReadLabelNames(*labels));
  }

  if (const auto classes = FirstMember("num_classes", root, pretrained)) {
    ASSIGN_OR_RETURN(config.num_classes, classes->Integer(1, kMaxClasses));
  } else if (labels && !config.label_names.empty() && config.label_names.size() <= kMaxClasses) {
    config.num_classes = static_cast<int>(config.label_names.size());
  } else {
    return root.Error("\"num_classes\" is missing, and no label names tell how many there are");
  }

  if (!labels) {
    config.label_names = DefaultLabelNames(config.num_classes);
  } else if (config.label_names.size() != static_cast<std::size_t>(config.num_classes)) {
    return labels->Error(absl::StrCat("expected ", config.num_classes,
                                      " names, one a class, found ", config.label_names.size()));
  }
  return absl::OkStatus();
}

// What WriteModelConfig writes of its own, and what the readers above take.
bool IsKnown(std::string_view member) {
  constexpr std::string_view kMembers[] = {
      "architecture", "num_classes",     "num_features",     "global_pool",
      "label_names",  "labels",          "model_args",       "custom_load",
      "input_size",   "test_input_size", "fixed_input_size", "interpolation",
      "crop_pct",     "test_crop_pct",   "crop_mode",        "mean",
      "std"};
  return std::ranges::find(kMembers, member) != std::end(kMembers);
}

std::string OtherMembers(const nlohmann::json& document) {
  static constexpr std::string_view kPretrained = "pretrained_cfg";
  nlohmann::json others = nlohmann::json::object();
  const auto take = [](const nlohmann::json& from, nlohmann::json& to) {
    for (const auto& [name, value] : from.items()) {
      if (!IsKnown(name) && name != kPretrained) to[name] = value;
    }
  };
  take(document, others);
  if (document.contains(kPretrained)) {
    nlohmann::json pretrained = nlohmann::json::object();
    take(document[kPretrained], pretrained);
    if (!pretrained.empty()) others[kPretrained] = std::move(pretrained);
  }
  return others.empty() ? "" : others.dump();
}

}  // namespace

absl::StatusOr<ModelConfig> ReadModelConfig(const std::string& model_dir) {
  const std::string path = model_dir + "/config.json";
  ASSIGN_OR_RETURN(const std::string text, ReadTextFile(path));
  return ParseModelConfig(text, path);
}

absl::StatusOr<ModelConfig> ParseModelConfig(const std::string& text, const std::string& path) {
  ASSIGN_OR_RETURN(const nlohmann::json document, ParseJson(text, path));
  const JsonValue root(document, path);
  RETURN_IF_ERROR(root.ExpectObject());
  const JsonValue pretrained = root.Member("pretrained_cfg").value_or(root);
  RETURN_IF_ERROR(pretrained.ExpectObject());

  ModelConfig config;
  ASSIGN_OR_RETURN(const JsonValue architecture, root.RequiredMember("architecture"));
  ASSIGN_OR_RETURN(config.architecture, architecture.String());
  if (config.architecture.empty()) return architecture.Expected("the name of a network");
  RETURN_IF_ERROR(CheckNetworkOptions(root));
  RETURN_IF_ERROR(CheckNetworkOptions(pretrained));
  RETURN_IF_ERROR(ReadClasses(root, pretrained, config));
  if (const auto features = root.Member("num_features")) {
    ASSIGN_OR_RETURN(config.num_features, features->Integer(1, kMaxFeatures));
  }
  ASSIGN_OR_RETURN(config.preprocess, ReadPreprocess(pretrained));
  ASSIGN_OR_RETURN(config.test_preprocess, ReadTestPreprocess(pretrained, config.preprocess));
  config.other_members = OtherMembers(document);
  return config;
}

absl::Status CheckInput(const std::string& model_dir, const ModelConfig& config,
                        const Graph& graph) {
  const int expected = graph.node(0).shape.c;
  const int found = config.preprocess.channels;
  if (found == expected) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(model_dir, "/config.json: expected input_size to ",
                                                 "begin with ", expected, ", the channels of ",
                                                 config.architecture, ", found ", found));
}

}  // namespace avocet
