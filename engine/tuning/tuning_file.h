// The text of a tuning cache.
#ifndef AVOCET_ENGINE_TUNING_TUNING_FILE_H_
#define AVOCET_ENGINE_TUNING_TUNING_FILE_H_

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/tuning/plan_costs.h"

namespace avocet {

using TuningEntry = std::pair<TuningKey, PlanCosts>;

// The entries of the file at `path`. NOT_FOUND if there is none; INVALID_ARGUMENT, with the file
// and the path inside it, for anything that WriteTuningFile would not write.
absl::StatusOr<std::vector<TuningEntry>> ReadTuningFile(const std::string& path);

// Replaces the file as a whole. Errors: the system's.
absl::Status WriteTuningFile(const std::string& path, std::span<const TuningEntry> entries);

}  // namespace avocet

#endif  // AVOCET_ENGINE_TUNING_TUNING_FILE_H_
