// A model folder, quantized by the pictures of another folder.
#ifndef AVOCET_ENGINE_TOOL_QUANTIZE_MODEL_H_
#define AVOCET_ENGINE_TOOL_QUANTIZE_MODEL_H_

#include <string>

#include "absl/status/statusor.h"
#include "engine/checkpoint/model_folder.h"
#include "engine/quantization/quantize_network.h"

namespace avocet {

struct QuantizeModelOptions {
  std::string model_dir;
  std::string images;      // a folder of pictures, of whatever structure
  ModelFolderName output;  // where the quantized model goes
  std::size_t max_images = 512;
  int views = 1;  // of each picture: see MakeView
  QuantizeOptions quantization;
};

struct QuantizedModel {
  std::string folder;
  std::size_t calibration = 0;  // images, views included
  std::size_t held_out = 0;
  std::vector<std::string> unreadable;  // a line for each picture that was left out
  QuantizedNetwork network;
};

// Reads the pictures as the model's own config says, calibrates with a quarter of them, compares
// with the others, and writes a folder with the same weights and the quantization. INVALID_ARGUMENT
// if fewer than two pictures can be read; otherwise what its parts say.
absl::StatusOr<QuantizedModel> QuantizeModel(const QuantizeModelOptions& options);

// What was chosen, for people.
std::string QuantizedModelText(const QuantizedModel& model);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TOOL_QUANTIZE_MODEL_H_
