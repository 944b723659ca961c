// config.json of a model folder in timm's layout.
#ifndef AVOCET_ENGINE_CHECKPOINT_MODEL_CONFIG_H_
#define AVOCET_ENGINE_CHECKPOINT_MODEL_CONFIG_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/preprocess_config.h"
#include "engine/graph/graph.h"

namespace avocet {

struct ModelConfig {
  std::string architecture;  // timm's name, for example "tf_efficientnet_lite0"
  int num_classes = 0;
  std::optional<int> num_features;       // of the layer before the classifier, where it is known
  std::vector<std::string> label_names;  // one a class, UTF-8
  PreprocessConfig preprocess;
  // What timm's published accuracy at the larger test size was measured with, where the checkpoint
  // names such a size or crop.
  std::optional<PreprocessConfig> test_preprocess;
  // A JSON object of what else config.json has, such as a licence or a tag, its `pretrained_cfg`
  // too: WriteModelConfig keeps it. Empty: nothing.
  std::string other_members;

  bool operator==(const ModelConfig&) const = default;
};

// Reads <model_dir>/config.json: `architecture`, `num_classes`, `num_features`, `label_names` and
// `pretrained_cfg`,
// or the older form that has everything at the top level, with `labels` for `label_names`. Values
// at the top level win over those in `pretrained_cfg`; without names, DefaultLabelNames. Errors
// carry the file and the path inside it; INVALID_ARGUMENT for wrong types, values and counts,
// UNIMPLEMENTED for `model_args` and poolings that would make another network.
absl::StatusOr<ModelConfig> ReadModelConfig(const std::string& model_dir);

// The same of what stands in the config.json `path`, which is only for the errors.
absl::StatusOr<ModelConfig> ParseModelConfig(const std::string& text, const std::string& path);

// INVALID_ARGUMENT unless the network's input has as many channels as the configuration of
// `model_dir` says.
absl::Status CheckInput(const std::string& model_dir, const ModelConfig& config,
                        const Graph& graph);

}  // namespace avocet

#endif  // AVOCET_ENGINE_CHECKPOINT_MODEL_CONFIG_H_
