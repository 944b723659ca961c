// Which parameters an operator has.
#ifndef AVOCET_ENGINE_GRAPH_PARAMETER_SPEC_H_
#define AVOCET_ENGINE_GRAPH_PARAMETER_SPEC_H_

#include <cstdint>
#include <string>
#include <vector>

#include "engine/graph/graph.h"

namespace avocet {

// A tensor that a checkpoint holds for a network.
struct ParameterSpec {
  std::string name;                 // timm's, for example "blocks.1.0.conv_dw.weight"
  std::vector<std::int64_t> shape;  // timm's, for example [OC, IC / groups, KH, KW]
  bool trainable = true;  // false: running statistics, moved by batches and not by gradients

  std::int64_t size() const;
};

// Parameters of one node, in timm's order. They do not depend on the size of the input, except
// those of a Linear that reads a feature map.
std::vector<ParameterSpec> NodeParameters(const Graph& graph, NodeId id);

// Parameters of all nodes, in the order of the nodes.
std::vector<ParameterSpec> GraphParameters(const Graph& graph);

// The counters that a checkpoint of PyTorch holds beside the parameters, one a batch norm: scalars
// that count the batches of training.
std::vector<std::string> BatchCounters(const Graph& graph);

// How many numbers training moves: the count that papers give.
std::int64_t CountTrainable(const Graph& graph);

}  // namespace avocet

#endif  // AVOCET_ENGINE_GRAPH_PARAMETER_SPEC_H_
