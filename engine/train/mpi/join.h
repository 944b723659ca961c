// Whether this process is one of several that train together.
#ifndef AVOCET_ENGINE_TRAIN_MPI_JOIN_H_
#define AVOCET_ENGINE_TRAIN_MPI_JOIN_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "engine/base/collective.h"

namespace avocet {

// A Collective whose members can end each other.
class ProcessGroup : public Collective {
 public:
  // Prints `reason` and ends all processes with exit status 1.
  [[noreturn]] virtual void Abort(const std::string& reason) = 0;
};

// How many processes an MPI launcher (mpirun, mpiexec, srun) started together with this one; 1 when
// none did. Looks at what Open MPI, MPICH's Hydra and PMI tell in the environment.
int LaunchedProcesses();

// The group of the processes that were launched together; null when this one is alone. Once in the
// life of a process. FAILED_PRECONDITION when there are several and this build has no MPI, INTERNAL
// when MPI has another opinion of their number.
absl::StatusOr<std::unique_ptr<ProcessGroup>> JoinProcessGroup();

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_MPI_JOIN_H_
