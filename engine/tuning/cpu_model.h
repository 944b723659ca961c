// Which CPU this is.
#ifndef AVOCET_ENGINE_TUNING_CPU_MODEL_H_
#define AVOCET_ENGINE_TUNING_CPU_MODEL_H_

#include <filesystem>
#include <string>

namespace avocet {

// The CPU's name as Linux knows it, with family, model, stepping and cache size, since hypervisors
// give different CPUs the same name; "unknown" where /proc/cpuinfo has none. `root` is where /proc
// is looked up; tests give a folder of their own.
std::string CpuModelName(const std::filesystem::path& root = "/");

}  // namespace avocet

#endif  // AVOCET_ENGINE_TUNING_CPU_MODEL_H_
