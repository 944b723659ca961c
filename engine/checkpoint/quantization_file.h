// quantization.json: how a model folder says that its network computes in integers of 8 bits.
//
//   {
//     "version": 1,
//     "activations": {"conv_stem": {"scale": 0.0235, "signed": false}, ...},
//     "float_layers": ["blocks.0.0.conv_dw", ...],
//     "bias_corrections": {"conv_stem": [0.0012, ...], ...}
//   }
//
// It lies beside config.json and model.safetensors, whose weights stay in floating point: who does
// not know it, timm among others, reads the folder as if it were not there.
#ifndef AVOCET_ENGINE_CHECKPOINT_QUANTIZATION_FILE_H_
#define AVOCET_ENGINE_CHECKPOINT_QUANTIZATION_FILE_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "engine/graph/graph.h"
#include "engine/graph/quantization.h"

namespace avocet {

inline constexpr char kQuantizationFile[] = "quantization.json";

// The quantization that <model_dir> carries; none if there is no such file. INVALID_ARGUMENT, with
// the file and the place in it, for what is not of the form above (other members, values that are
// not finite, no activation at all) and for what CheckQuantization says of `graph`: the network as
// a Backbone builds it, of any size, or after the inference passes.
absl::StatusOr<std::optional<Quantization>> ReadQuantization(const std::string& model_dir,
                                                             const Graph& graph);

// Writes the file, whole or not at all (AtomicFile); ReadQuantization gives `quantization` back,
// bit by bit. INVALID_ARGUMENT for values that are not finite.
absl::Status WriteQuantization(const std::string& model_dir, const Quantization& quantization);

}  // namespace avocet

#endif  // AVOCET_ENGINE_CHECKPOINT_QUANTIZATION_FILE_H_
