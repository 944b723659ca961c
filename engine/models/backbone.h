// What a network of the zoo is: a name and a function that writes its graph.
#ifndef AVOCET_ENGINE_MODELS_BACKBONE_H_
#define AVOCET_ENGINE_MODELS_BACKBONE_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "engine/graph/graph.h"

namespace avocet {

// What a caller may choose about a network. Dropout and drop path are there for training; inference
// removes them.
struct BuildOptions {
  int classes = 1000;
  int height = 224;
  int width = 224;
  float drop_rate = 0.0f;  // of the features before the classifier
  float drop_path_rate =
      0.0f;  // of the last block; earlier blocks have less, in proportion to their position
};

// An architecture under timm's name.
struct Backbone {
  std::string_view name;
  int image_size;  // timm's `input_size`, which most weights were trained for
  absl::StatusOr<Graph> (*build)(const BuildOptions& options);
  int classes = 1000;  // of the data set that it was published for
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_MODELS_BACKBONE_H_
