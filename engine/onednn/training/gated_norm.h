// A batch norm in front of a squeeze-and-excite block: its result has two readers, the pool that
// the gate is made of and the factor that the gate is. Both compute it from the norm's source as
// they go, and so does the backward pass: it never is in memory.
#ifndef AVOCET_ENGINE_ONEDNN_TRAINING_GATED_NORM_H_
#define AVOCET_ENGINE_ONEDNN_TRAINING_GATED_NORM_H_

#include <optional>

#include "engine/onednn/training/norm.h"

namespace avocet {

// The readers of the norm's result, GlobalAveragePool and ChannelScale.
struct GateNodes {
  NodeId pool;
  NodeId scale;
};

// Of the node `result`; none: its readers are others.
std::optional<GateNodes> FindGate(NodeId result, const Tape& tape);

// Lowers the norm `id`, whose statistics are there, its activation if it has one, and both readers.
void LowerGatedNorm(const Norm& norm, NodeId id, const GateNodes& nodes, Tape& tape);

}  // namespace avocet

#endif  // AVOCET_ENGINE_ONEDNN_TRAINING_GATED_NORM_H_
