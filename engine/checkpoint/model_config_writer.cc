#include "engine/checkpoint/model_config_writer.h"

#include <cstddef>
#include <span>

#include "absl/strings/str_cat.h"
#include "engine/checkpoint/atomic_file.h"
#include "engine/checkpoint/preprocess_names.h"
#include "engine/checkpoint/shortest_number.h"
#include "nlohmann/json.hpp"

namespace avocet {
namespace {

using Json = nlohmann::ordered_json;

Json Colours(std::span<const float> values, int channels) {
  Json colours = Json::array();
  for (const float value : values.first(static_cast<std::size_t>(channels))) {
    colours.push_back(Shortest(value));
  }
  return colours;
}

Json Size(const PreprocessConfig& preprocess) {
  return Json::array({preprocess.channels, preprocess.height, preprocess.width});
}

Json PretrainedConfig(const ModelConfig& config) {
  const PreprocessConfig& preprocess = config.preprocess;
  Json pretrained;
  pretrained["custom_load"] = false;
  pretrained["input_size"] = Size(preprocess);
  if (config.test_preprocess) {
    pretrained["test_input_size"] = Size(*config.test_preprocess);
  }
  pretrained["fixed_input_size"] = false;
  pretrained["interpolation"] = NameOf(kInterpolationNames, preprocess.interpolation);
  pretrained["crop_pct"] = preprocess.crop_pct;
  if (config.test_preprocess) {
    pretrained["test_crop_pct"] = config.test_preprocess->crop_pct;
  }
  pretrained["crop_mode"] = NameOf(kCropModeNames, preprocess.crop_mode);
  pretrained["mean"] = Colours(preprocess.mean, preprocess.channels);
  pretrained["std"] = Colours(preprocess.std, preprocess.channels);
  pretrained["num_classes"] = config.num_classes;
  return pretrained;
}

// Adds those members of `others` that `document` does not have, in objects of both too.
void AddMembers(const Json& others, Json& document) {
  for (const auto& [name, value] : others.items()) {
    if (!document.contains(name)) {
      document[name] = value;
    } else if (value.is_object() && document[name].is_object()) {
      AddMembers(value, document[name]);
    }
  }
}

}  // namespace

absl::Status WriteModelConfig(const std::string& model_dir, const ModelConfig& config) {
  const std::string path = model_dir + "/config.json";
  if (config.label_names.size() != static_cast<std::size_t>(config.num_classes)) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": expected ", config.num_classes,
                                                   " label names, one a class, found ",
                                                   config.label_names.size()));
  }
  Json document;
  document["architecture"] = config.architecture;
  document["num_classes"] = config.num_classes;
  if (config.num_features) document["num_features"] = *config.num_features;
  document["global_pool"] = "avg";
  document["label_names"] = config.label_names;
  document["pretrained_cfg"] = PretrainedConfig(config);
  try {
    if (!config.other_members.empty()) AddMembers(Json::parse(config.other_members), document);
    return WriteFileAtomically(path, document.dump(2) + "\n");
  } catch (const nlohmann::json::exception& not_utf8) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": a label name is not UTF-8: ", not_utf8.what()));
  }
}

}  // namespace avocet
