// What the members of a group tell each other besides numbers. A null group is a process that is
// alone.
#ifndef AVOCET_ENGINE_TRAIN_MPI_AGREEMENT_H_
#define AVOCET_ENGINE_TRAIN_MPI_AGREEMENT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/collective.h"
#include "engine/train/mpi/join.h"

namespace avocet {

// Whether this process speaks, and writes files, for all of them.
inline bool IsFirst(const Collective* group) { return group == nullptr || group->rank() == 0; }

// What member `root` has, on every member; any bytes.
std::string BroadcastText(Collective* group, int root, const std::string& text);

// What each member has, by rank.
std::vector<std::string> GatherTexts(Collective* group, const std::string& text);

// OK if it is so on every member; otherwise, on all of them, the error of the first that has one.
absl::Status Agree(Collective* group, const absl::Status& status);

template <typename T>
absl::StatusOr<T> Agree(Collective* group, absl::StatusOr<T> result) {
  absl::Status status = Agree(group, result.status());
  if (!status.ok()) return status;
  return result;
}

// For errors between the sums that members make together, where the others cannot be asked: ends
// all processes. Returns what is OK, and errors of a process that is alone.
absl::Status OrAbort(ProcessGroup* group, const absl::Status& status);

template <typename T>
absl::StatusOr<T> OrAbort(ProcessGroup* group, absl::StatusOr<T> result) {
  absl::Status status = OrAbort(group, result.status());
  if (!status.ok()) return status;
  return result;
}

// For work between the sums that a signal may cut short: CANCELLED on one member is CANCELLED on
// all of them; any other error ends all processes, as with OrAbort.
absl::Status AgreeToStop(ProcessGroup* group, const absl::Status& status);

template <typename T>
absl::StatusOr<T> AgreeToStop(ProcessGroup* group, absl::StatusOr<T> result) {
  absl::Status status = AgreeToStop(group, result.status());
  if (!status.ok()) return status;
  return result;
}

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_MPI_AGREEMENT_H_
