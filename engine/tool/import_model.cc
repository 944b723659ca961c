#include "engine/tool/import_model.h"

#include <cmath>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/checkpoint/checkpoint.h"
#include "engine/checkpoint/foreign_names.h"
#include "engine/checkpoint/label_names.h"
#include "engine/checkpoint/safetensors.h"
#include "engine/models/zoo.h"

namespace avocet {
namespace {

constexpr std::array<float, 3> kHalf = {0.5f, 0.5f, 0.5f};
constexpr int kMaxClasses = 1'000'000;  // as in config.json

absl::StatusOr<Graph> Build(const Backbone& backbone, int classes, int size) {
  return backbone.build({.classes = classes, .height = size, .width = size});
}

// The linear layer that ends every network.
const Node& Head(const Graph& graph) { return graph.node(graph.output()); }

const TensorView* Find(const std::vector<TensorView>& tensors, std::string_view name) {
  for (const TensorView& tensor : tensors) {
    if (tensor.name == name) return &tensor;
  }
  return nullptr;
}

// As many as the head of the file has, and those of the architecture if that cannot be seen: then
// the comparison of all names says what is wrong.
int CountClasses(const Backbone& backbone, const Graph& graph,
                 const std::vector<TensorView>& tensors) {
  const TensorView* const bias = Find(tensors, Head(graph).name + ".bias");
  const bool plausible = bias != nullptr && bias->shape.size() == 1 && bias->shape[0] >= 1 &&
                         bias->shape[0] <= kMaxClasses;
  return plausible ? static_cast<int>(bias->shape[0]) : backbone.classes;
}

int CountFeatures(const Graph& graph) { return graph.node(Head(graph).inputs[0]).shape.c; }

PreprocessConfig Preprocess(const ImportOptions& options, const Backbone& backbone) {
  PreprocessConfig config =
      DefaultPreprocess(options.architecture, options.size.value_or(backbone.image_size));
  config.crop_pct = options.crop_pct.value_or(config.crop_pct);
  config.interpolation = options.interpolation.value_or(config.interpolation);
  config.mean = options.mean.value_or(config.mean);
  config.std = options.std.value_or(config.std);
  return config;
}

absl::StatusOr<std::vector<std::string>> Labels(const std::string& path, int classes) {
  if (path.empty()) return DefaultLabelNames(classes);
  ASSIGN_OR_RETURN(std::vector<std::string> labels, ReadLabelFile(path));
  if (labels.size() == static_cast<std::size_t>(classes)) return labels;
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": expected ", classes, " names, one a class, found ", labels.size()));
}

}  // namespace

PreprocessConfig DefaultPreprocess(const std::string& architecture, int size) {
  PreprocessConfig config;
  config.height = config.width = size;
  const std::string_view name = architecture;
  const auto begins = [name](std::string_view beginning) { return name.starts_with(beginning); };
  const bool large_v2 = begins("tf_efficientnetv2_s") || begins("tf_efficientnetv2_m") ||
                        begins("tf_efficientnetv2_l");
  if (large_v2) {
    config.crop_pct = 1.0;
  } else if (begins("tf_efficientnet")) {
    // Google's preprocessing cuts off 32 pixels; timm's tables have three digits.
    config.crop_pct = std::floor(1000.0 * size / (size + 32)) / 1000;
  }
  if (begins("lenet")) {
    config.channels = 1;
    config.crop_pct = 1.0;
    config.mean = config.std = kHalf;
  }
  if (large_v2 || begins("tf_efficientnet_lite")) config.mean = config.std = kHalf;
  const bool large_lite = name == "tf_efficientnet_lite3" || name == "tf_efficientnet_lite4";
  if (large_lite || begins("vgg")) config.interpolation = Interpolation::kBilinear;
  return config;
}

absl::StatusOr<ImportedModel> ImportModel(const ImportOptions& options) {
  ASSIGN_OR_RETURN(const Backbone* const backbone, FindBackbone(options.architecture));
  ASSIGN_OR_RETURN(const Safetensors file, Safetensors::Open(options.file));
  ImportedModel model;
  model.preprocess = Preprocess(options, *backbone);
  const int size = model.preprocess.height;
  ASSIGN_OR_RETURN(Graph graph, Build(*backbone, backbone->classes, size));
  TranslatedTensors translated = TranslateNames(file.tensors(), graph);
  model.classes = CountClasses(*backbone, graph, translated.tensors);
  ASSIGN_OR_RETURN(graph, Build(*backbone, model.classes, size));
  RETURN_IF_ERROR(LoadParameters(translated.tensors, options.file, graph).status());

  ModelConfig config;
  config.architecture = options.architecture;
  config.num_classes = model.classes;
  config.num_features = CountFeatures(graph);
  ASSIGN_OR_RETURN(config.label_names, Labels(options.labels, model.classes));
  config.preprocess = model.preprocess;
  ASSIGN_OR_RETURN(model.folder,
                   WriteModelFolder(options.output, config, TensorsOf(translated.tensors)));
  model.source = translated.source;
  model.container = translated.container;
  model.tensors = translated.tensors.size();
  model.left_out = translated.left_out;
  return model;
}

}  // namespace avocet
