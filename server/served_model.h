// One version of one model, loaded: the seam between the server and the engine.
#ifndef AVOCET_SERVER_SERVED_MODEL_H_
#define AVOCET_SERVER_SERVED_MODEL_H_

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/plan.h"
#include "engine/base/preprocess_config.h"
#include "engine/image/preprocessor.h"

namespace avocet {

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
  PlanFactory make_plan;
};

}  // namespace avocet

#endif  // AVOCET_SERVER_SERVED_MODEL_H_
