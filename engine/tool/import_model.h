// A model folder from a file of weights alone.
#ifndef AVOCET_ENGINE_TOOL_IMPORT_MODEL_H_
#define AVOCET_ENGINE_TOOL_IMPORT_MODEL_H_

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/base/preprocess_config.h"
#include "engine/checkpoint/model_folder.h"

namespace avocet {

struct ImportOptions {
  std::string file;          // .safetensors
  std::string architecture;  // timm's name
  ModelFolderName output;
  std::string labels;  // a file with a name a line, or JSON; empty: the default names
  // What the file does not say; without: see DefaultPreprocess.
  std::optional<int> size;  // height and width
  std::optional<double> crop_pct;
  std::optional<Interpolation> interpolation;
  std::optional<std::array<float, 3>> mean;
  std::optional<std::array<float, 3>> std;
};

struct ImportedModel {
  std::string folder;
  std::string source;        // whose names the tensors had: "timm", "torchvision", "Facebook"
  std::string container;     // "state_dict" and the like, or empty
  std::size_t tensors = 0;   // that were written
  std::size_t left_out = 0;  // beside the container
  int classes = 0;
  PreprocessConfig preprocess;
};

// What timm's published weights of `architecture` were trained with, most of them, for images of
// `size` x `size` pixels.
PreprocessConfig DefaultPreprocess(const std::string& architecture, int size);

// Reads the file, translates its names, checks them against the network with as many classes as the
// file's head has, and writes the tensors as they are, under timm's names. NOT_FOUND, with the
// nearest names, for an unknown architecture; INVALID_ARGUMENT for what TranslateNames and
// LoadParameters cannot make the network of, and for labels that are not one a class.
absl::StatusOr<ImportedModel> ImportModel(const ImportOptions& options);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TOOL_IMPORT_MODEL_H_
