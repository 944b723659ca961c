// How well a model classifies the pictures of a folder, and how it differs from another.
#ifndef AVOCET_ENGINE_TOOL_EVALUATE_MODELS_H_
#define AVOCET_ENGINE_TOOL_EVALUATE_MODELS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/metrics/classification_scores.h"
#include "engine/quantization/logits_comparison.h"
#include "engine/tool/loaded_model.h"

namespace avocet {

struct EvaluateOptions {
  std::string model_dir;
  LoadOptions load;
  std::string against_dir;  // empty: no other model
  LoadOptions against_load;
  std::string images;          // a folder of pictures; one folder a class gives labels
  std::size_t max_images = 0;  // 0: all
  int views = 1;               // of each picture: see MakeView
};

struct ModelEvaluation {
  std::string folder;
  std::string architecture;
  Precision precision = Precision::kFloat32;
  PreprocessConfig preprocess;
  std::vector<std::string> label_names;
  std::optional<ClassificationScores> scores;  // where the images have labels
  // Sums over all images.
  double input_seconds = 0;  // reading, decoding, preprocessing
  double network_seconds = 0;
};

struct Evaluation {
  std::size_t images = 0;  // views included
  ModelEvaluation model;
  std::optional<ModelEvaluation> against;
  std::optional<LogitsComparison> comparison;  // of `model` with `against`
  std::vector<std::string> unreadable;         // a line for each picture that was left out
};

// INVALID_ARGUMENT if no picture can be read, the models have different numbers of classes, or
// what MatchClassFolders says; otherwise what loading the models says.
absl::StatusOr<Evaluation> EvaluateModels(const EvaluateOptions& options);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TOOL_EVALUATE_MODELS_H_
