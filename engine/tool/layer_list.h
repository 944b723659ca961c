// A network as the rows of a lecture's table.
#ifndef AVOCET_ENGINE_TOOL_LAYER_LIST_H_
#define AVOCET_ENGINE_TOOL_LAYER_LIST_H_

#include <string>
#include <vector>

#include "engine/graph/graph.h"
#include "engine/tool/node_cost.h"
#include "engine/tool/receptive_field.h"

namespace avocet {

// An operator, with the norms and activations that follow it and change no shape.
struct Layer {
  std::string name;  // of the first operator
  std::string type;  // "dw conv+bn+relu6": depthwise
  // "64 @ 7x7/2 p3": filters, patch, stride, and p, the rows of padding on each side ("p0:1":
  // before and after, where they differ).
  std::string window;
  Shape output;
  NodeCost cost;  // the sum, with the memory of the last result alone
  ReceptiveField field;
};

// All layers but the input. `every_operator`: norms and activations have rows of their own.
std::vector<Layer> ListLayers(const Graph& graph, bool every_operator);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TOOL_LAYER_LIST_H_
