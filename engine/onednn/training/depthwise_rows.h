// Depthwise convolutions in training as row steps, by our own kernels (engine/kernels).
#ifndef AVOCET_ENGINE_ONEDNN_TRAINING_DEPTHWISE_ROWS_H_
#define AVOCET_ENGINE_ONEDNN_TRAINING_DEPTHWISE_ROWS_H_

#include "engine/graph/graph.h"
#include "engine/onednn/training/tape.h"

namespace avocet {

// Whether the node `id` is a depthwise convolution that `LowerDepthwiseRows` is the way to compute:
// in float32, where its tensors are larger than caches.
bool TakesDepthwiseRows(NodeId id, const Tape& tape);

// As LowerTraining. The gradients are those of depthwise_gradients.h, but for strides of 1, where
// that of the source is a convolution too.
TensorRef LowerDepthwiseRows(const Conv2d& conv, NodeId id, Tape& tape);

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_TRAINING_DEPTHWISE_ROWS_H_
