#include "engine/quantization/bias_correction.h"

#include <cstdint>
#include <span>

#include "engine/onednn/quantize_weights.h"

namespace avocet {
namespace {

struct Layer {
  std::span<const float> weights;  // [channels, inputs, taps]
  std::size_t channels;
  std::size_t inputs;  // channels of the source that one output reads
  std::size_t taps;
  std::size_t groups;
  bool is_guarded;
};

std::vector<float> Correction(const Layer& layer, std::span<const double> means) {
  std::vector<std::int8_t> rounded(layer.weights.size());
  std::vector<float> scales(layer.channels);
  QuantizeWeights(layer.weights, layer.taps, LargestInt8Weight(layer.is_guarded), rounded, scales);
  std::vector<float> correction(layer.channels);
  std::size_t w = 0;
  for (std::size_t c = 0; c < layer.channels; ++c) {
    const std::size_t first = c / (layer.channels / layer.groups) * layer.inputs;
    double moved = 0;
    for (std::size_t i = 0; i < layer.inputs; ++i) {
      double error = 0;
      for (std::size_t t = 0; t < layer.taps; ++t, ++w) {
        error += double{scales[c]} * rounded[w] - double{layer.weights[w]};
      }
      moved += error * means[first + i];
    }
    correction[c] = static_cast<float>(-moved);
  }
  return correction;
}

}  // namespace

std::map<std::string, std::vector<float>> BiasCorrections(const Graph& graph,
                                                          const Parameters& parameters,
                                                          const Quantization& quantization,
                                                          const Statistics& statistics) {
  const std::vector<bool> layers = Int8Layers(graph, quantization);
  std::map<std::string, std::vector<float>> corrections;
  for (NodeId id = 0; id < graph.size(); ++id) {
    if (!layers[static_cast<std::size_t>(id)]) continue;
    const Node& node = graph.node(id);
    const Node& source = graph.node(node.inputs[0]);
    const auto found = statistics.find(source.name);
    if (found == statistics.end()) continue;
    const std::span<const float> weights = parameters.Get(node.name + ".weight");
    const auto channels = static_cast<std::size_t>(node.shape.c);
    const auto* conv = std::get_if<Conv2d>(&node.op);
    const auto groups = static_cast<std::size_t>(conv != nullptr ? conv->groups : 1);
    const auto inputs = static_cast<std::size_t>(source.shape.c) / groups;
    const bool is_guarded = conv != nullptr && quantization.activations.at(source.name).is_signed;
    corrections[node.name] = Correction(
        {weights, channels, inputs, weights.size() / channels / inputs, groups, is_guarded},
        found->second.channel_means);
  }
  return corrections;
}

}  // namespace avocet
