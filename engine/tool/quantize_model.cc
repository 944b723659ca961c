#include "engine/tool/quantize_model.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "engine/base/status.h"
#include "engine/checkpoint/checkpoint.h"
#include "engine/checkpoint/foreign_names.h"
#include "engine/checkpoint/safetensors.h"
#include "engine/tool/image_files.h"
#include "engine/tool/image_views.h"
#include "engine/tool/network.h"

namespace avocet {
namespace {

constexpr std::size_t kCalibrationShare = 4;  // one in so many pictures calibrates
constexpr unsigned kSeed = 1;

using Images = std::vector<std::vector<float>>;

struct SplitImages {
  Images calibration;
  Images held_out;
};

absl::StatusOr<SplitImages> ReadImages(const QuantizeModelOptions& options,
                                       const PreprocessConfig& preprocess,
                                       std::vector<std::string>& unreadable) {
  ASSIGN_OR_RETURN(std::vector<ImageFile> files, ListImageFiles(options.images));
  files = Sample(std::move(files), options.max_images, kSeed);
  ASSIGN_OR_RETURN(ViewReader reader, ViewReader::Create(preprocess));
  SplitImages images;
  std::size_t read = 0;
  for (const ImageFile& file : files) {
    absl::StatusOr<Images> views = reader.Read(file.path, options.views);
    if (!views.ok()) {
      unreadable.emplace_back(views.status().message());
      continue;
    }
    // All views of a picture are on one side.
    Images& side = read++ % kCalibrationShare == 0 ? images.calibration : images.held_out;
    std::ranges::move(*views, std::back_inserter(side));
  }
  if (read < 2) {
    return absl::InvalidArgumentError(absl::StrCat(
        options.images, ": expected two pictures at least, one to calibrate with and one to ",
        "compare, could read ", read,
        unreadable.empty() ? "" : absl::StrCat("; ", unreadable.front())));
  }
  return images;
}

}  // namespace

absl::StatusOr<QuantizedModel> QuantizeModel(const QuantizeModelOptions& options) {
  ASSIGN_OR_RETURN(const ModelConfig config, ReadModelConfig(options.model_dir));
  ASSIGN_OR_RETURN(const Graph graph, BuildGraph(config));
  RETURN_IF_ERROR(CheckInput(options.model_dir, config, graph));
  const std::string path = options.model_dir + "/model.safetensors";
  ASSIGN_OR_RETURN(const Safetensors file, Safetensors::Open(path));
  ASSIGN_OR_RETURN(const Parameters parameters, LoadParameters(file, path, graph));
  QuantizedModel model;
  ASSIGN_OR_RETURN(const SplitImages images,
                   ReadImages(options, config.preprocess, model.unreadable));
  model.calibration = images.calibration.size();
  model.held_out = images.held_out.size();
  ASSIGN_OR_RETURN(model.network, QuantizeNetwork(graph, parameters, images.calibration,
                                                  images.held_out, options.quantization));
  std::vector<TensorView> tensors(file.tensors().begin(), file.tensors().end());
  GiveShapes(graph, tensors);
  ASSIGN_OR_RETURN(model.folder, WriteModelFolder(options.output, config, TensorsOf(tensors),
                                                  &model.network.quantization));
  return model;
}

std::string QuantizedModelText(const QuantizedModel& model) {
  const QuantizedNetwork& network = model.network;
  const LogitsComparison& comparison = network.comparison;
  std::string text = absl::StrFormat(
      "%d images calibrated, %d compared\n"
      "%d of %d layers compute in 8 bits: %.1f %% of all multiply-adds\n",
      model.calibration, model.held_out, network.int8_layers, network.layers,
      100 * network.multiply_adds.share());
  if (!network.kept_float.empty()) {
    absl::StrAppend(&text, "kept in float32, for what rounding the stem costs: ",
                    absl::StrJoin(network.kept_float, ", "), "\n");
  }
  if (network.float_layers.empty()) {
    absl::StrAppend(&text, "no layer had to go back to float32\n");
  } else {
    absl::StrAppend(
        &text, "back to float32, with 1 - cosine of the logits if the layer alone is in 8 bits:\n");
    for (const FloatLayer& layer : network.float_layers) {
      absl::StrAppendFormat(&text, "  %.2e  %s\n", layer.error, layer.name);
    }
  }
  absl::StrAppendFormat(&text, "same class as float32: %d of %d images", comparison.agreeing,
                        comparison.images);
  absl::StrAppendFormat(&text, "; %d of the %d to which float32 gives 0.5 or more\n",
                        comparison.certain_agreeing, comparison.certain);
  absl::StrAppendFormat(&text, "cosine of the logits: mean %.5f, least %.5f\n",
                        comparison.mean_cosine, comparison.least_cosine);
  absl::StrAppend(&text, "written to ", model.folder, "\n");
  return text;
}

}  // namespace avocet
