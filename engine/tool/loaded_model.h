// A model folder, compiled, from files to logits.
#ifndef AVOCET_ENGINE_TOOL_LOADED_MODEL_H_
#define AVOCET_ENGINE_TOOL_LOADED_MODEL_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/precision.h"
#include "engine/checkpoint/model_config.h"
#include "engine/onednn/inference_model.h"
#include "engine/tool/image_views.h"

namespace avocet {

struct LoadOptions {
  std::optional<Precision> precision;  // without: int8 if the folder has a quantization
  std::optional<int> size;             // height and width; without: the model's own
  int threads = 1;
};

// One image a run. Not thread-safe.
class LoadedModel {
 public:
  static absl::StatusOr<LoadedModel> Load(const std::string& model_dir, const LoadOptions& options);

  // The logits of `views` views of the picture in a file.
  absl::StatusOr<std::vector<std::vector<float>>> Logits(const std::string& path, int views);

  const std::string& folder() const { return folder_; }
  const ModelConfig& config() const { return config_; }
  Precision precision() const { return precision_; }
  // So far: reading, decoding and preprocessing; the network.
  double input_seconds() const { return input_seconds_; }
  double network_seconds() const { return network_seconds_; }

 private:
  LoadedModel(std::string folder, ModelConfig config, Precision precision, ViewReader reader)
      : folder_(std::move(folder)),
        config_(std::move(config)),
        precision_(precision),
        reader_(std::move(reader)) {}

  std::string folder_;
  ModelConfig config_;
  Precision precision_;
  ViewReader reader_;
  std::unique_ptr<InferencePlan> plan_;
  double input_seconds_ = 0;
  double network_seconds_ = 0;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_TOOL_LOADED_MODEL_H_
