// How much of the image each result of a network can see.
#ifndef AVOCET_ENGINE_TOOL_RECEPTIVE_FIELD_H_
#define AVOCET_ENGINE_TOOL_RECEPTIVE_FIELD_H_

#include <vector>

#include "engine/graph/graph.h"

namespace avocet {

// Of one element of a result, in pixels of the image, along its longer side; padding counts as
// image, so the size may exceed the image's.
struct ReceptiveField {
  double size = 1;
  double jump = 1;      // between the fields of neighbours: the product of all strides
  bool global = false;  // the whole image, whatever its size; `size` then says nothing
};

// One a node. A layer with kernel k and stride s makes of size r and jump j: r + (k - 1) j and j s
// (Araujo et al., Computing Receptive Fields of Convolutional Neural Networks, Distill 2019).
// Branches that meet have the larger one. Global pooling, gates made by it, and norms over the
// image see all of it.
std::vector<ReceptiveField> ReceptiveFields(const Graph& graph);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TOOL_RECEPTIVE_FIELD_H_
