// A network that the command line names.
#ifndef AVOCET_ENGINE_TOOL_NETWORK_H_
#define AVOCET_ENGINE_TOOL_NETWORK_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "engine/checkpoint/model_config.h"
#include "engine/graph/graph.h"
#include "engine/graph/parameters.h"
#include "engine/graph/quantization.h"

namespace avocet {

struct Network {
  std::string architecture;
  std::string model_dir;  // empty: an architecture without weights
  Graph graph;            // for one image

  const Shape& input() const { return graph.node(0).shape; }
  int classes() const { return graph.node(graph.output()).shape.c; }
};

struct NetworkChoices {
  std::optional<int> size;     // height and width; without: the network's own
  std::optional<int> classes;  // an architecture's; a model folder has its own
};

// `name` is a model folder or an architecture of the zoo. NOT_FOUND with the nearest names.
absl::StatusOr<Network> FindNetwork(const std::string& name, const NetworkChoices& choices);

// The graph that `config` describes, for one image of its size.
absl::StatusOr<Graph> BuildGraph(const ModelConfig& config);

// The folder's weights; without a folder, random ones of unit gain, so that activations stay in
// range. The same on every call.
absl::StatusOr<Parameters> NetworkParameters(const Network& network);

// The folder's quantization, if it has one.
absl::StatusOr<std::optional<Quantization>> NetworkQuantization(const Network& network);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TOOL_NETWORK_H_
