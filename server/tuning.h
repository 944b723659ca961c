// The server's tuning cache.
#ifndef AVOCET_SERVER_TUNING_H_
#define AVOCET_SERVER_TUNING_H_

#include <memory>
#include <optional>
#include <string>

#include "engine/tuning/tuning_cache.h"

namespace avocet {

// Opens the file at `path`, or the default one where that is nothing. Where it cannot be had, as in
// a container that is read-only, or `path` is empty, what is measured is kept in memory only; the
// log says which it is.
std::unique_ptr<TuningCache> OpenTuningCache(const std::optional<std::string>& path);

}  // namespace avocet

#endif  // AVOCET_SERVER_TUNING_H_
