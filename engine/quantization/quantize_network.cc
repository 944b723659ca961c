#include "engine/quantization/quantize_network.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/graph/stem.h"
#include "engine/onednn/inference_model.h"
#include "engine/passes/pass.h"
#include "engine/quantization/bias_correction.h"
#include "engine/quantization/calibration.h"
#include "engine/quantization/quantizable.h"

namespace avocet {
namespace {

using Images = std::span<const std::vector<float>>;
using Logits = std::vector<std::vector<float>>;

Parameters Copy(const Graph& graph, const Parameters& parameters) {
  Parameters copy(GraphParameters(graph));
  for (const std::string& name : copy.names()) {
    std::ranges::copy(parameters.Get(name), copy.Get(name).begin());
  }
  return copy;
}

// Compiles a model again and again, and compares with the logits of its first plan.
class Trials {
 public:
  Trials(const InferenceModel& model, Images images, PlanOptions options)
      : model_(model), images_(images), options_(options) {}

  // Of float32; before the first `Compare`.
  void Expect(InferencePlan& plan) { expected_ = LogitsOf(plan); }

  absl::StatusOr<LogitsComparison> Compare(const Quantization& quantization) {
    PlanOptions options = options_;
    options.precision = Precision::kInt8;
    options.quantization = &quantization;
    ASSIGN_OR_RETURN(const auto plan, model_.Compile(options));
    return CompareLogits(expected_, LogitsOf(*plan));
  }

 private:
  Logits LogitsOf(InferencePlan& plan) const {
    Logits logits;
    for (const std::vector<float>& image : images_) {
      std::ranges::copy(image, plan.input().begin());
      plan.Run();
      logits.emplace_back(plan.logits().begin(), plan.logits().end());
    }
    return logits;
  }

  const InferenceModel& model_;
  Images images_;
  PlanOptions options_;
  Logits expected_;
};

std::vector<std::string> Int8LayerNames(const Graph& graph, const Quantization& quantization) {
  const std::vector<bool> layers = Int8Layers(graph, quantization);
  std::vector<std::string> names;
  for (NodeId id = 0; id < graph.size(); ++id) {
    if (layers[static_cast<std::size_t>(id)]) names.push_back(graph.node(id).name);
  }
  return names;
}

int CountLayers(const Graph& graph) {
  return static_cast<int>(std::ranges::count_if(graph.nodes(), [](const Node& node) {
    return std::holds_alternative<Conv2d>(node.op) || std::holds_alternative<Linear>(node.op);
  }));
}

// Every layer with the error of the network in which it alone computes in 8 bits, the largest error
// first.
absl::StatusOr<std::vector<FloatLayer>> Sensitivities(const Graph& graph, Quantization quantization,
                                                      Trials& trials) {
  const std::vector<std::string> names = Int8LayerNames(graph, quantization);
  std::vector<FloatLayer> layers;
  quantization.float_layers.insert(names.begin(), names.end());
  for (const std::string& name : names) {
    quantization.float_layers.erase(name);
    ASSIGN_OR_RETURN(const LogitsComparison comparison, trials.Compare(quantization));
    layers.push_back({name, 1 - comparison.mean_cosine});
    quantization.float_layers.insert(name);
  }
  std::ranges::stable_sort(layers, std::ranges::greater(), &FloatLayer::error);
  return layers;
}

// Puts as few of the most sensitive layers back to float as the bound asks for.
absl::Status FallBack(const Graph& graph, double bound, Trials& trials, QuantizedNetwork& network) {
  ASSIGN_OR_RETURN(const std::vector<FloatLayer> layers,
                   Sensitivities(graph, network.quantization, trials));
  const auto first = [&](std::size_t count) {
    Quantization quantization = network.quantization;
    for (std::size_t i = 0; i < count; ++i) quantization.float_layers.insert(layers[i].name);
    return quantization;
  };
  // The agreement grows with the number of float layers, near enough: halve the interval.
  std::size_t too_few = 0, enough = layers.size();
  while (enough - too_few > 1) {
    const std::size_t middle = too_few + (enough - too_few) / 2;
    ASSIGN_OR_RETURN(const LogitsComparison comparison, trials.Compare(first(middle)));
    (comparison.agreement() >= bound ? enough : too_few) = middle;
  }
  network.quantization = first(enough);
  network.float_layers.assign(layers.begin(), layers.begin() + static_cast<std::ptrdiff_t>(enough));
  ASSIGN_OR_RETURN(network.comparison, trials.Compare(network.quantization));
  if (network.comparison.agreement() < bound) {
    return absl::InvalidArgumentError(absl::StrCat("expected an agreement of at least ", bound,
                                                   ", found ", network.comparison.agreement(),
                                                   " though every layer is float"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<QuantizedNetwork> QuantizeNetwork(const Graph& graph, const Parameters& parameters,
                                                 Images calibration, Images held_out,
                                                 const QuantizeOptions& options) {
  if (calibration.empty() || held_out.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected images to calibrate with and images to compare, found ",
                     calibration.size(), " and ", held_out.size()));
  }
  Parameters folded = Copy(graph, parameters);
  const Graph optimized = RunInferencePasses(graph, folded);
  const auto model = InferenceModel::Create(graph, Copy(graph, parameters));
  const Shape input = graph.node(0).shape;
  const PlanOptions plan_options = {
      .height = input.h, .width = input.w, .threads = options.threads};
  PlanOptions observable = plan_options;
  observable.observable = true;
  ASSIGN_OR_RETURN(const auto plan, model->Compile(observable));
  Trials trials(*model, held_out, plan_options);
  trials.Expect(*plan);

  ASSIGN_OR_RETURN(const Statistics statistics, CollectStatistics(optimized, *plan, calibration));
  QuantizedNetwork network;
  Quantization& quantization = network.quantization;
  const std::vector<bool> never_negative = NeverNegative(optimized);
  for (NodeId id = 0; id < optimized.size(); ++id) {
    const auto found = statistics.find(optimized.node(id).name);
    if (found == statistics.end()) continue;
    const bool is_signed = !never_negative[static_cast<std::size_t>(id)];
    quantization.activations[found->first] =
        ChooseRange(found->second.histogram, is_signed, options.method);
  }
  if (const std::optional<NodeId> id = DepthwiseBehindStem(optimized)) {
    const Node& depthwise = optimized.node(*id);
    network.kept_float = {optimized.node(depthwise.inputs[0]).name, depthwise.name};
    quantization.float_layers.insert(network.kept_float.begin(), network.kept_float.end());
  }
  if (options.correct_biases) {
    quantization.bias_corrections = BiasCorrections(optimized, folded, quantization, statistics);
  }

  ASSIGN_OR_RETURN(network.comparison, trials.Compare(quantization));
  if (network.comparison.agreement() < options.agreement) {
    RETURN_IF_ERROR(FallBack(optimized, options.agreement, trials, network));
  }
  network.layers = CountLayers(optimized);
  network.int8_layers = static_cast<int>(Int8LayerNames(optimized, quantization).size());
  network.multiply_adds = Int8MultiplyAdds(optimized, quantization);
  return network;
}

}  // namespace avocet
