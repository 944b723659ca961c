// Keeps the copies of a network that a group trains the same.
#ifndef AVOCET_ENGINE_TRAIN_MPI_REPLICAS_H_
#define AVOCET_ENGINE_TRAIN_MPI_REPLICAS_H_

#include <span>

#include "absl/status/status.h"
#include "engine/base/collective.h"
#include "engine/graph/parameter_spec.h"
#include "engine/graph/parameters.h"

namespace avocet {

// Gives every member the parameters of rank 0, bit for bit.
void BroadcastParameters(Collective& group, Parameters& parameters);

// FAILED_PRECONDITION, on every member, when not all have the same names and bits as rank 0.
absl::Status CheckEqual(Collective& group, const Parameters& parameters);

// Makes the running statistics (what is not trainable of `specs`) the mean over the members: before
// a network with local batch norms is saved or validated.
void AverageStatistics(Collective& group, std::span<const ParameterSpec> specs,
                       Parameters& parameters);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_MPI_REPLICAS_H_
