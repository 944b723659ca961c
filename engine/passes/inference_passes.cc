#include "engine/passes/pass.h"

namespace avocet {

Graph RunInferencePasses(const Graph& graph, Parameters& parameters) {
  Graph result = graph;
  for (const Pass pass : kInferencePasses) result = pass(result, parameters);
  return result;
}

}  // namespace avocet
