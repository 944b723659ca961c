// Graphs of the zoo by name.
#ifndef AVOCET_TESTS_TOOL_GRAPH_OF_H_
#define AVOCET_TESTS_TOOL_GRAPH_OF_H_

#include <string_view>

#include "engine/models/zoo.h"

namespace avocet {

// At the network's own size, or at `size`; for the network's own classes.
inline Graph GraphOf(std::string_view name, int size = 0) {
  const Backbone* backbone = FindBackbone(name).value();
  if (size == 0) size = backbone->image_size;
  return backbone->build({.classes = backbone->classes, .height = size, .width = size}).value();
}

}  // namespace avocet

#endif  // AVOCET_TESTS_TOOL_GRAPH_OF_H_
