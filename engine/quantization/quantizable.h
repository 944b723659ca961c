// What of a network can be computed in 8 bits, by its structure alone.
#ifndef AVOCET_ENGINE_QUANTIZATION_QUANTIZABLE_H_
#define AVOCET_ENGINE_QUANTIZATION_QUANTIZABLE_H_

#include <vector>

#include "engine/graph/graph.h"

namespace avocet {

// For each node of a graph after the inference passes: whether a form of its result in 8 bits is of
// use. Not for squeeze-and-excite's vectors, which cost next to nothing in float.
std::vector<bool> QuantizableResults(const Graph& graph);

// For each node whether no input whatsoever makes its result negative.
std::vector<bool> NeverNegative(const Graph& graph);

}  // namespace avocet

#endif  // AVOCET_ENGINE_QUANTIZATION_QUANTIZABLE_H_
