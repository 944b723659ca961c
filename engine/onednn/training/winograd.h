// 3x3 convolutions of stride 1 by Winograd's algorithm, forward and backward: gradients of the
// source are a convolution like it, those of the filters its adjoint.
#ifndef AVOCET_ENGINE_ONEDNN_TRAINING_WINOGRAD_H_
#define AVOCET_ENGINE_ONEDNN_TRAINING_WINOGRAD_H_

#include "engine/graph/op.h"
#include "engine/onednn/training/tape.h"

namespace avocet {

// Whether the convolution `id` is faster this way.
bool TakesWinograd(const Conv2d& conv, NodeId id, const Tape& tape);

// Emits its forward pass and records its backward pass. Returns the result.
TensorRef LowerWinogradTraining(const Conv2d& conv, NodeId id, Tape& tape);

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_TRAINING_WINOGRAD_H_
