// Measurements that outlive the process.
#ifndef AVOCET_ENGINE_TUNING_TUNING_CACHE_H_
#define AVOCET_ENGINE_TUNING_TUNING_CACHE_H_

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/tuning/plan_costs.h"

namespace avocet {

// A JSON file of PlanCosts by TuningKey. Any number of processes may share one: it is replaced as a
// whole, under a lock, with what the others wrote meanwhile. Thread-safe.
class TuningCache {
 public:
  // Creates the folder of `path` where it is missing. A file that is not there yet is an empty one,
  // and so is one that cannot be understood: `problem()` then says why, and the next `Store`
  // replaces it. Errors: the system's, where files cannot be written there.
  static absl::StatusOr<std::unique_ptr<TuningCache>> Open(std::string path);

  // One that ends with the process.
  static std::unique_ptr<TuningCache> InMemory();

  // Why the content of the file was not used when it was opened; empty if it was.
  const std::string& problem() const { return problem_; }

  std::optional<PlanCosts> Find(const TuningKey& key) const;

  // Adds `costs` to what is known for `key`; parts that it has replace older ones. Errors: the
  // system's; this object then knows the costs all the same.
  absl::Status Store(const TuningKey& key, const PlanCosts& costs);

 private:
  using Entries = std::vector<std::pair<TuningKey, PlanCosts>>;  // oldest first

  explicit TuningCache(std::string path) : path_(std::move(path)) {}

  const std::string path_;  // empty: in memory
  std::string problem_;
  mutable std::mutex mutex_;  // guards entries_, and orders this process's writes
  Entries entries_;
};

// Where the file is unless an operator names one: avocet/tuning.json below XDG_CACHE_HOME, or below
// .cache in HOME. Empty where neither is set.
std::string DefaultTuningCachePath();

}  // namespace avocet

#endif  // AVOCET_ENGINE_TUNING_TUNING_CACHE_H_
