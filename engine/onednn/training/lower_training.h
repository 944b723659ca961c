// From operators to the steps of training: one file an operator, or a family of them.
#ifndef AVOCET_ENGINE_ONEDNN_TRAINING_LOWER_TRAINING_H_
#define AVOCET_ENGINE_ONEDNN_TRAINING_LOWER_TRAINING_H_

#include "engine/graph/graph.h"
#include "engine/onednn/emitter.h"
#include "engine/onednn/training/tape.h"

namespace avocet {

// Emits the forward steps of the node `id`, whose inputs have their results, sets its result, and
// records its backward pass. Throws dnnl::error.
void LowerTraining(NodeId id, Tape& tape);

// The operators' own functions, which the one above dispatches to. They return the result.
TensorRef LowerTraining(const Conv2d& conv, NodeId id, Tape& tape);
TensorRef LowerTraining(const Activation& activation, NodeId id, Tape& tape);
TensorRef LowerTraining(const Add& add, NodeId id, Tape& tape);
TensorRef LowerTraining(const GlobalAveragePool& pool, NodeId id, Tape& tape);
TensorRef LowerTraining(const ChannelScale& scale, NodeId id, Tape& tape);
TensorRef LowerTraining(const LayerNorm& norm, NodeId id, Tape& tape);
TensorRef LowerTraining(const LayerScale& scale, NodeId id, Tape& tape);
TensorRef LowerTraining(const GlobalResponseNorm& norm, NodeId id, Tape& tape);
TensorRef LowerTraining(const MaxPool& pool, NodeId id, Tape& tape);
TensorRef LowerTraining(const ScaledAveragePool& pool, NodeId id, Tape& tape);
TensorRef LowerTraining(const PoolUp& pool, NodeId id, Tape& tape);
TensorRef LowerTraining(const Linear& linear, NodeId id, Tape& tape);
TensorRef LowerTraining(const Dropout& dropout, NodeId id, Tape& tape);
TensorRef LowerTraining(const DropPath& drop_path, NodeId id, Tape& tape);

// Computes an activation that alone reads the norm along with it, and sets the results of both.
void LowerTraining(const BatchNorm& norm, NodeId id, Tape& tape);

// The mean over the batch of the cross-entropy of `logits` [N, C] and `targets` [N, C], float32
// both, into StepState::loss. Returns the gradient of `logits`.
TensorRef LowerCrossEntropy(const TensorRef& logits, const TensorRef& targets, Tape& tape);

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_TRAINING_LOWER_TRAINING_H_
