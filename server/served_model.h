// One version of one model, loaded: the seam between the server and the engine.
#ifndef AVOCET_SERVER_SERVED_MODEL_H_
#define AVOCET_SERVER_SERVED_MODEL_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/plan.h"
#include "engine/base/precision.h"
#include "engine/base/preprocess_config.h"
#include "engine/image/preprocessor.h"
#include "engine/tuning/plan_costs.h"

namespace avocet {

// Bytes of packed weights, and how many of those are second layouts of the same weights.
struct WeightBytes {
  size_t packed = 0;
  size_t duplicate = 0;
};

// Immutable once built; shared as std::shared_ptr<const ServedModel> by whoever still answers with
// it.
struct ServedModel {
  std::string name;
  int64_t version = 0;
  std::string architecture;  // timm's name, for example "tf_efficientnet_lite0"
  int num_classes = 0;
  std::vector<std::string> label_names;  // num_classes of them
  PreprocessConfig preprocess;
  Preprocessor preprocessor;
  int64_t parameter_count = 0;
  Precision precision = Precision::kFloat32;
  PlanFactory make_plan;
  // What the costs of its plans depend on.
  TuningKey tuning_key = {};
  // Of all plans made so far.
  std::function<WeightBytes()> weight_bytes = [] { return WeightBytes(); };
  // Makes plans for images of another size. Errors: INVALID_ARGUMENT for one that the network
  // cannot take. Null: it takes no other.
  std::function<absl::StatusOr<PlanFactory>(int height, int width)> plans_at = nullptr;
  // The model that this one is a variant of, for images of another size; else null.
  std::shared_ptr<const ServedModel> base = nullptr;
};

}  // namespace avocet

#endif  // AVOCET_SERVER_SERVED_MODEL_H_
