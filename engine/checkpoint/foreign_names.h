// Tensors of other projects under the names that timm gives them.
#ifndef AVOCET_ENGINE_CHECKPOINT_FOREIGN_NAMES_H_
#define AVOCET_ENGINE_CHECKPOINT_FOREIGN_NAMES_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/checkpoint/safetensors.h"
#include "engine/graph/graph.h"

namespace avocet {

struct TranslatedTensors {
  std::vector<TensorView> tensors;
  std::string_view source;   // "timm", "torchvision" or "Facebook": whose names they were
  std::string container;     // that they lay in, for example "state_dict_ema"; mostly none
  std::size_t left_out = 0;  // tensors beside the container: an optimizer's, another copy
};

// Gives the tensors that hold a parameter of `graph` in another form its shape, which is timm's: a
// linear layer that was a convolution of 1 x 1 or over 7 x 7 pixels and the other way round, a
// vector with leading dimensions of 1. All others stay as they are.
void GiveShapes(const Graph& graph, std::span<TensorView> tensors);

// Takes tensors out of what training scripts wrap around them, as timm does: the container
// "state_dict_ema", "model_ema", "state_dict" or "model", the first of these that there is; and the
// prefixes "module." and "_orig_mod.". Then translates the names of torchvision's VGG and of
// Facebook's ConvNeXt, V1 and V2 (torchvision's ResNet has timm's), and gives shapes as GiveShapes
// does; all else stays for LoadParameters to judge. Names that coincide afterwards stay as they
// were.
TranslatedTensors TranslateNames(std::span<const TensorView> tensors, const Graph& graph);

}  // namespace avocet

#endif  // AVOCET_ENGINE_CHECKPOINT_FOREIGN_NAMES_H_
