// How a network is computed with integers of 8 bits.
#ifndef AVOCET_ENGINE_GRAPH_QUANTIZATION_H_
#define AVOCET_ENGINE_GRAPH_QUANTIZATION_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/graph/graph.h"

namespace avocet {

// A node's result as integers q that stand for scale * q: u8 in [0, 255] for results that are never
// negative, else s8 in [-128, 127].
struct QuantizedActivation {
  float scale = 1.0f;
  bool is_signed = true;
  bool operator==(const QuantizedActivation&) const = default;
};

// Names are those of the graph after the inference passes. Weights need no entry: a layer's are
// quantized from their float32 values, symmetrically, with a scale for each output channel.
struct Quantization {
  // The results that have a form in 8 bits, by node. Layers whose source has none stay float.
  std::map<std::string, QuantizedActivation> activations;
  // Convolutions and linear layers that compute in float though their source has 8 bits.
  std::set<std::string> float_layers;
  // Added to the biases of layers that compute in 8 bits; one value an output channel.
  std::map<std::string, std::vector<float>> bias_corrections;
  bool operator==(const Quantization&) const = default;
};

// For each node of `graph`: whether it is a convolution or a linear layer that computes in 8 bits.
std::vector<bool> Int8Layers(const Graph& graph, const Quantization& quantization);

// Multiply-adds of all convolutions and linear layers of `graph`, and of those that compute in 8
// bits.
struct MultiplyAddShare {
  std::int64_t int8 = 0;
  std::int64_t total = 0;
  double share() const {
    return total == 0 ? 0.0 : static_cast<double>(int8) / static_cast<double>(total);
  }
};
MultiplyAddShare Int8MultiplyAdds(const Graph& graph, const Quantization& quantization);

// INVALID_ARGUMENT, naming the entry, for names that are not in `graph`, layers that are none,
// scales that are not positive, and corrections of another size than the layer's bias.
absl::Status CheckQuantization(const Graph& graph, const Quantization& quantization);

}  // namespace avocet

#endif  // AVOCET_ENGINE_GRAPH_QUANTIZATION_H_
