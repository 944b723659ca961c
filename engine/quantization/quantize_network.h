// Post-training quantization of a network.
#ifndef AVOCET_ENGINE_QUANTIZATION_QUANTIZE_NETWORK_H_
#define AVOCET_ENGINE_QUANTIZATION_QUANTIZE_NETWORK_H_

#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/graph/graph.h"
#include "engine/graph/parameters.h"
#include "engine/graph/quantization.h"
#include "engine/quantization/clip_range.h"
#include "engine/quantization/logits_comparison.h"

namespace avocet {

struct QuantizeOptions {
  RangeMethod method = RangeMethod::kMeanSquaredError;
  bool correct_biases = true;
  // Layers go back to float, the most sensitive first, until at least this share of the held-out
  // images has the class of float32 (LogitsComparison::agreement). 0: none goes back.
  double agreement = 0.99;
  int threads = 1;
};

// A layer that computes in float, and what it costs to compute it alone in 8 bits.
struct FloatLayer {
  std::string name;
  double error = 0;  // 1 - mean cosine of the logits
};

struct QuantizedNetwork {
  Quantization quantization;
  LogitsComparison comparison;           // with float32, on the held-out images
  std::vector<std::string> kept_float;   // the layers that were never to compute in 8 bits
  std::vector<FloatLayer> float_layers;  // that went back to float, in that order
  int int8_layers = 0;
  int layers = 0;  // convolutions and linear layers
  MultiplyAddShare multiply_adds;
};

// Chooses ranges and biases by `calibration`, and the layers that stay float by `held_out`, but for
// a stem with a depthwise convolution behind it, which both stay (DepthwiseBehindStem): images
// [H, W, C] of the size of `graph`, which is for one image, normalised. Every image of `held_out`
// is better not one of `calibration`. `graph` is plain, as a Backbone builds it, and `parameters`
// are its own. INVALID_ARGUMENT without images, for activations that are not finite, and if the
// agreement is not reached though every layer is float. Deterministic.
absl::StatusOr<QuantizedNetwork> QuantizeNetwork(const Graph& graph, const Parameters& parameters,
                                                 std::span<const std::vector<float>> calibration,
                                                 std::span<const std::vector<float>> held_out,
                                                 const QuantizeOptions& options);

}  // namespace avocet

#endif  // AVOCET_ENGINE_QUANTIZATION_QUANTIZE_NETWORK_H_
