// 1x1 convolutions in training by our own kernels (engine/kernels), as row steps where tensors are
// large.
#ifndef AVOCET_ENGINE_ONEDNN_TRAINING_POINTWISE_ROWS_H_
#define AVOCET_ENGINE_ONEDNN_TRAINING_POINTWISE_ROWS_H_

#include "engine/graph/graph.h"
#include "engine/onednn/training/tape.h"

namespace avocet {

// Whether convolutions as row steps are the way in this program: in float32, where this CPU has the
// kernels.
bool TakesRows(const Tape& tape);

// Whether the CPU's fastest products, in a program of this type, are of pairs of bfloat16 numbers,
// by AVX512-BF16 or AMX.
bool MultipliesPairs(const Tape& tape);

// Whether the steps below are the way to compute the node `id`: where its tensors are larger than
// caches, neighbours that take turns with it gain more than oneDNN's faster products; where AMX
// multiplies digits of float32 numbers, these are faster.
bool TakesPointwiseRows(const Conv2d& conv, NodeId id, const Tape& tape);

// As LowerTraining.
TensorRef LowerPointwiseRows(const Conv2d& conv, NodeId id, Tape& tape);

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_TRAINING_POINTWISE_ROWS_H_
