// Initial values of a network that is trained from scratch.
#ifndef AVOCET_ENGINE_TRAIN_OPTIM_INITIALIZE_H_
#define AVOCET_ENGINE_TRAIN_OPTIM_INITIALIZE_H_

#include <cstdint>
#include <string_view>

#include "engine/graph/graph.h"
#include "engine/graph/parameters.h"

namespace avocet {

// What timm gives the parameters of `graph`, the network called `architecture`:
//   EfficientNet: convolutions N(0, 2 / fan-out), the classifier U(+-1 / sqrt(classes)), biases 0
//   ResNet:       Kaiming normal with fan-out; the last norm of every residual branch begins at 0;
//                 the classifier as PyTorch makes it, U(+-1 / sqrt(fan-in)), bias too
//   VGG:          Kaiming normal with fan-out, the classifier N(0, 0.01^2), biases 0
//   ConvNeXt:     N(0, 0.02^2), biases 0, layer scales 1e-6. timm truncates at +-2, a hundred
//                 deviations away.
//   LeNet:        as PyTorch makes layers
// Norms begin at weight 1, bias 0 and statistics of mean 0 and variance 1; response norms at 0.
// Other networks get ResNet's values. The same for the same seed; each parameter depends on its
// name and not on the others.
Parameters InitialParameters(const Graph& graph, std::string_view architecture, std::uint64_t seed);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_OPTIM_INITIALIZE_H_
