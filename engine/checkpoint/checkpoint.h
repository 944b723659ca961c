// The weights of a model folder, for a graph.
#ifndef AVOCET_ENGINE_CHECKPOINT_CHECKPOINT_H_
#define AVOCET_ENGINE_CHECKPOINT_CHECKPOINT_H_

#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "engine/checkpoint/safetensors.h"
#include "engine/graph/graph.h"
#include "engine/graph/parameters.h"

namespace avocet {

// The parameters of `graph` from the tensors of the same names, as float32. The tensors may
// be F16, BF16, F32 or F64, and may differ from the graph in trailing dimensions of 1, since a
// linear layer and a convolution of 1 x 1 have the same weights. `num_batches_tracked`, a counter
// of batch norms, is not looked at. INVALID_ARGUMENT, with the first names, the nearest to them and
// the number of all, if tensors are missing, are not asked for, have another shape or type, or hold
// NaN or infinities. `source` begins the message. The names of `tensors` are distinct.
absl::StatusOr<Parameters> LoadParameters(std::span<const TensorView> tensors,
                                          std::string_view source, const Graph& graph);
// The same of a file's tensors.
absl::StatusOr<Parameters> LoadParameters(const Safetensors& file, std::string_view source,
                                          const Graph& graph);

// The same from <model_dir>/model.safetensors.
absl::StatusOr<Parameters> LoadParameters(const std::string& model_dir, const Graph& graph);

}  // namespace avocet

#endif  // AVOCET_ENGINE_CHECKPOINT_CHECKPOINT_H_
