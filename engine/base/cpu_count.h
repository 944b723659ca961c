// How many CPUs this process may really use.
#ifndef AVOCET_ENGINE_BASE_CPU_COUNT_H_
#define AVOCET_ENGINE_BASE_CPU_COUNT_H_

#include <filesystem>
#include <optional>

namespace avocet {

// CPUs that the affinity mask allows, bounded by the cgroup's CPU quota rounded up; at least 1. The
// host's core count says nothing inside a container: threads beyond the quota only get each other
// throttled. `root` is where /proc and /sys are looked up; tests give a folder of their own.
int UsableCpuCount(const std::filesystem::path& root = "/");

// The quota in CPUs (1.5: one and a half), the smallest on the way from this process's cgroup to
// the root; nullopt when there is none. Understands cgroup v2 (cpu.max) and v1 (cpu.cfs_quota_us,
// cpu.cfs_period_us).
std::optional<double> CgroupCpuQuota(const std::filesystem::path& root = "/");

}  // namespace avocet

#endif  // AVOCET_ENGINE_BASE_CPU_COUNT_H_
