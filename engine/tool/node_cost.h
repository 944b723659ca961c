// What one operator of a network costs.
#ifndef AVOCET_ENGINE_TOOL_NODE_COST_H_
#define AVOCET_ENGINE_TOOL_NODE_COST_H_

#include <cstdint>

#include "engine/graph/graph.h"

namespace avocet {

struct NodeCost {
  std::int64_t parameters = 0;  // that training moves
  // Of convolutions and linear layers: one a weight and result; of a trainable subsampling: one a
  // result. Biases are free.
  std::int64_t multiply_adds = 0;
  // Of norms, as fvcore counts them and published tables include them: two an element for batch
  // norm, five for layer norm.
  std::int64_t norm_multiply_adds = 0;
  std::int64_t activation_bytes = 0;  // of the result, in float32

  NodeCost& operator+=(const NodeCost& other);
};

// For the batch that the graph's shapes have.
NodeCost CostOf(const Graph& graph, NodeId id);

NodeCost TotalCost(const Graph& graph);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TOOL_NODE_COST_H_
