#include "server/tuning.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "absl/status/statusor.h"

namespace avocet {

std::unique_ptr<TuningCache> OpenTuningCache(const std::optional<std::string>& path) {
  const std::string file = path.value_or(DefaultTuningCachePath());
  if (file.empty()) {
    spdlog::info("no tuning cache: what is measured now is measured again at the next start");
    return TuningCache::InMemory();
  }
  absl::StatusOr<std::unique_ptr<TuningCache>> cache = TuningCache::Open(file);
  if (!cache.ok()) {
    // An operator who named the file wants to know more urgently.
    spdlog::log(path ? spdlog::level::warn : spdlog::level::info,
                "no tuning cache, what is measured now is measured again at the next start: {}",
                std::string(cache.status().message()));
    return TuningCache::InMemory();
  }
  spdlog::info("tuning cache: {}", file);
  if (!(*cache)->problem().empty()) {
    spdlog::warn("the tuning cache is begun anew: {}", (*cache)->problem());
  }
  return *std::move(cache);
}

}  // namespace avocet
