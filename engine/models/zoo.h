// The index of all networks.
#ifndef AVOCET_ENGINE_MODELS_ZOO_H_
#define AVOCET_ENGINE_MODELS_ZOO_H_

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/models/backbone.h"

namespace avocet {

// Every network, family by family. The entries live as long as the program.
std::vector<const Backbone*> AllBackbones();

// The network of this name. NOT_FOUND, with the nearest names, for any other.
absl::StatusOr<const Backbone*> FindBackbone(std::string_view name);

}  // namespace avocet

#endif  // AVOCET_ENGINE_MODELS_ZOO_H_
