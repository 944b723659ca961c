#include "engine/train/mpi/join.h"

#include <cstdlib>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#ifdef AVOCET_HAS_MPI
#include "engine/train/mpi/mpi_group.h"
#endif

namespace avocet {

int LaunchedProcesses() {
  // Open MPI; MPICH and other users of PMI; Slurm's own PMI.
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"}) {
    const char* const value = std::getenv(name);
    int size = 0;
    if (value != nullptr && absl::SimpleAtoi(value, &size) && size > 1) return size;
  }
  return 1;
}

absl::StatusOr<std::unique_ptr<ProcessGroup>> JoinProcessGroup() {
  const int launched = LaunchedProcesses();
  if (launched == 1) return nullptr;
#ifdef AVOCET_HAS_MPI
  auto group = std::make_unique<MpiGroup>();
  if (group->size() != launched) {
    return absl::InternalError(
        absl::StrCat("expected ", launched, " processes, as the launcher says, found ",
                     group->size(), ": was this program built for another MPI?"));
  }
  return group;
#else
  return absl::FailedPreconditionError(
      absl::StrCat("a launcher started ", launched,
                   " processes, but this program was built without MPI, and each of them would "
                   "train alone; build it where CMake finds MPI"));
#endif
}

}  // namespace avocet
