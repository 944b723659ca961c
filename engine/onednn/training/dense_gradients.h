// Gradients of the weights of convolutions without groups, as outer products of the channels of
// pixels (engine/kernels/outer_products): oneDNN's for AVX2 reach two thirds of the speed of its
// forward pass.
#ifndef AVOCET_ENGINE_ONEDNN_TRAINING_DENSE_GRADIENTS_H_
#define AVOCET_ENGINE_ONEDNN_TRAINING_DENSE_GRADIENTS_H_

#include "engine/graph/op.h"
#include "engine/onednn/training/tape.h"

namespace avocet {

// Whether the convolution `id` takes them.
bool TakesDenseDiffWeights(const Conv2d& conv, NodeId id, const Tape& tape);

// Emits and stores the gradients of its weights and bias, as far as these are trainable.
void EmitDenseDiffWeights(const Conv2d& conv, NodeId id, const TensorRef& src,
                          const TensorRef& diff_dst, Tape& tape);

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_TRAINING_DENSE_GRADIENTS_H_
