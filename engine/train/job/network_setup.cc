#include "engine/train/job/network_setup.h"

#include <algorithm>
#include <span>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/checkpoint/checkpoint.h"
#include "engine/checkpoint/preprocess_names.h"
#include "engine/graph/parameter_spec.h"
#include "engine/models/zoo.h"
#include "engine/train/optim/initialize.h"
#include "engine/train/optim/parameter_layers.h"

namespace avocet {
namespace {

using train::v1::TrainingConfig;

// Weights of unknown origin are trained for ImageNet's mean colour, as PreprocessConfig has it;
// grey digits are centred on one half.
PreprocessConfig DefaultPreprocess(const Backbone& backbone, int channels) {
  PreprocessConfig preprocess{
      .channels = channels, .height = backbone.image_size, .width = backbone.image_size};
  if (channels == 1) {
    preprocess.crop_pct = 1;
    preprocess.mean = {0.5f, 0.5f, 0.5f};
    preprocess.std = {0.5f, 0.5f, 0.5f};
  }
  return preprocess;
}

int ChannelsOf(const Graph& graph) { return graph.node(0).shape.c; }

absl::StatusOr<Graph> BuildGraph(const TrainingConfig& config, int classes) {
  ASSIGN_OR_RETURN(const Backbone* backbone, FindBackbone(config.network().model()));
  return backbone->build({.classes = classes,
                          .height = config.data().image_size(),
                          .width = config.data().image_size(),
                          .drop_rate = static_cast<float>(config.network().drop_rate()),
                          .drop_path_rate = static_cast<float>(config.network().drop_path_rate())});
}

// Of the pretrained model, or the network's own.
absl::StatusOr<PreprocessConfig> BasePreprocess(const TrainingConfig& config) {
  if (!config.network().pretrained().empty()) {
    ASSIGN_OR_RETURN(const ModelConfig model, ReadModelConfig(config.network().pretrained()));
    return model.preprocess;
  }
  ASSIGN_OR_RETURN(const Backbone* backbone, FindBackbone(config.network().model()));
  ASSIGN_OR_RETURN(const Graph graph, backbone->build({.height = backbone->image_size,
                                                       .width = backbone->image_size}));
  return DefaultPreprocess(*backbone, ChannelsOf(graph));
}

// Whether the names say that the classes are the same ones.
bool SameClasses(const ModelConfig& model, const std::vector<std::string>& class_names) {
  return model.num_classes == static_cast<int>(class_names.size()) &&
         model.label_names == class_names;
}

absl::Status LoadPretrained(const std::string& folder, const std::vector<std::string>& class_names,
                            const TrainingConfig& config, TrainedNetwork& network) {
  ASSIGN_OR_RETURN(const ModelConfig model, ReadModelConfig(folder));
  ASSIGN_OR_RETURN(const Graph graph, BuildGraph(config, model.num_classes));
  RETURN_IF_ERROR(CheckInput(folder, model, graph));
  ASSIGN_OR_RETURN(const Parameters pretrained, LoadParameters(folder, graph));
  network.replaced_head = !SameClasses(model, class_names);
  for (const ParameterLayer& layer : ParameterLayers(network.graph)) {
    if (layer.head && network.replaced_head) continue;
    const std::span<const float> values = pretrained.Get(layer.parameter);
    std::ranges::copy(values, network.parameters.Get(layer.parameter).begin());
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ResolveNetwork(TrainingConfig& config) {
  const std::string& folder = config.network().pretrained();
  if (!folder.empty()) {
    ASSIGN_OR_RETURN(const ModelConfig model, ReadModelConfig(folder));
    if (!config.network().has_model()) config.mutable_network()->set_model(model.architecture);
    if (config.network().model() != model.architecture) {
      return absl::InvalidArgumentError(absl::StrCat("--pretrained ", folder, " is a ",
                                                     model.architecture, ", and --model says ",
                                                     config.network().model()));
    }
  }
  if (config.network().model().empty()) {
    return absl::InvalidArgumentError(
        "no network: name one with --model, or begin with a model folder (--pretrained)");
  }
  ASSIGN_OR_RETURN(const PreprocessConfig preprocess, BasePreprocess(config));
  train::v1::DataConfig& data = *config.mutable_data();
  if (!data.has_image_size()) {
    if (preprocess.height != preprocess.width) {
      return absl::InvalidArgumentError(
          absl::StrCat(folder, " takes images of ", preprocess.width, " x ", preprocess.height,
                       "; choose a size for square ones with --image-size"));
    }
    data.set_image_size(preprocess.height);
  }
  if (!data.has_crop_pct()) data.set_crop_pct(preprocess.crop_pct);
  if (!data.has_crop_mode())
    data.set_crop_mode(std::string(NameOf(kCropModeNames, preprocess.crop_mode)));
  return absl::OkStatus();
}

absl::StatusOr<int> InputChannels(const TrainingConfig& config) {
  ASSIGN_OR_RETURN(const Graph graph, BuildGraph(config, 2));
  return ChannelsOf(graph);
}

absl::StatusOr<TrainedNetwork> SetUpNetwork(const TrainingConfig& config,
                                            const std::vector<std::string>& class_names) {
  const int classes = static_cast<int>(class_names.size());
  TrainedNetwork network;
  ASSIGN_OR_RETURN(network.graph, BuildGraph(config, classes));
  network.specs = GraphParameters(network.graph);
  network.model.architecture = config.network().model();
  network.model.num_classes = classes;
  network.model.label_names = class_names;
  for (const Node& node : network.graph.nodes()) {
    if (!std::holds_alternative<Linear>(node.op)) continue;
    const Shape& src = network.graph.node(node.inputs[0]).shape;
    network.model.num_features = static_cast<int>(src.size() / src.n);
  }
  ASSIGN_OR_RETURN(network.model.preprocess, BasePreprocess(config));
  PreprocessConfig& preprocess = network.model.preprocess;
  preprocess.height = preprocess.width = config.data().image_size();
  preprocess.crop_pct = config.data().crop_pct();
  preprocess.crop_mode =
      ChoiceOf(kCropModeNames, config.data().crop_mode()).value_or(preprocess.crop_mode);
  network.parameters =
      InitialParameters(network.graph, network.model.architecture, config.run().seed());
  if (!config.network().pretrained().empty()) {
    RETURN_IF_ERROR(LoadPretrained(config.network().pretrained(), class_names, config, network));
  }
  return network;
}

Parameters CopyParameters(std::span<const ParameterSpec> specs, const Parameters& parameters) {
  Parameters copy(specs);
  for (const ParameterSpec& spec : specs) {
    std::ranges::copy(parameters.Get(spec.name), copy.Get(spec.name).begin());
  }
  return copy;
}

std::vector<TensorToWrite> ModelTensors(const TrainedNetwork& network, const Parameters& parameters,
                                        const std::int64_t& steps) {
  std::vector<TensorToWrite> tensors = TensorsOf(parameters, network.specs);
  for (const std::string& counter : BatchCounters(network.graph)) {
    tensors.push_back({.name = counter,
                       .dtype = DType::kI64,
                       .shape = {},
                       .values = std::as_bytes(std::span(&steps, 1))});
  }
  return tensors;
}

}  // namespace avocet
