#include "engine/base/cpu_count.h"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace avocet {
namespace {

int AffinityCpuCount() {
  // The kernel refuses a mask smaller than its own number of CPUs with EINVAL.
  for (size_t cpus = 1024; cpus <= (size_t{1} << 20); cpus *= 2) {
    std::vector<cpu_set_t> mask(cpus / (8 * sizeof(cpu_set_t)) + 1);
    const size_t bytes = mask.size() * sizeof(cpu_set_t);
    if (sched_getaffinity(0, bytes, mask.data()) == 0) return CPU_COUNT_S(bytes, mask.data());
  }
  return 1;
}

std::optional<double> ParsePositive(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !(value > 0)) return std::nullopt;
  return value;
}

// The first two words of a file; empty strings where it has none or cannot be read.
std::pair<std::string, std::string> FirstWords(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::pair<std::string, std::string> words;
  stream >> words.first >> words.second;
  return words;
}

std::optional<double> Quota(std::string_view quota, std::string_view period) {
  const std::optional<double> q = ParsePositive(quota);  // "max" (v2) and "-1" (v1) mean none
  const std::optional<double> p = ParsePositive(period);
  if (!q || !p) return std::nullopt;
  return *q / *p;
}

std::optional<double> QuotaOfFolder(const std::filesystem::path& folder, bool v2) {
  if (v2) {
    const auto [quota, period] = FirstWords(folder / "cpu.max");
    return Quota(quota, period);
  }
  return Quota(FirstWords(folder / "cpu.cfs_quota_us").first,
               FirstWords(folder / "cpu.cfs_period_us").first);
}

// Smallest quota from mount/cgroup up to the mount itself. Inside a container the path may be the
// host's and not exist below the mount; the mount is then the container's own cgroup.
std::optional<double> SmallestQuota(const std::filesystem::path& mount,
                                    const std::filesystem::path& cgroup, bool v2) {
  std::optional<double> smallest;
  std::filesystem::path folder = cgroup.relative_path();
  while (true) {
    const std::optional<double> quota = QuotaOfFolder(mount / folder, v2);
    if (quota && (!smallest || *quota < *smallest)) smallest = quota;
    if (folder.empty()) return smallest;
    folder = folder.parent_path();
  }
}

bool NamesCpu(const std::string& controllers) {
  std::istringstream stream(controllers);
  for (std::string name; std::getline(stream, name, ',');) {
    if (name == "cpu") return true;
  }
  return false;
}

}  // namespace

std::optional<double> CgroupCpuQuota(const std::filesystem::path& root) {
  const std::filesystem::path mounts = root / "sys/fs/cgroup";
  std::optional<double> smallest;
  const auto consider = [&smallest](std::optional<double> quota) {
    if (quota && (!smallest || *quota < *smallest)) smallest = quota;
  };
  // Lines are "hierarchy:controllers:path"; cgroup v2 is the line with no controllers.
  std::ifstream cgroups(root / "proc/self/cgroup");
  for (std::string line; std::getline(cgroups, line);) {
    const size_t first = line.find(':');
    const size_t second = first == std::string::npos ? first : line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const std::string path = line.substr(second + 1);
    if (controllers.empty()) {
      consider(SmallestQuota(mounts, path, /*v2=*/true));
    } else if (NamesCpu(controllers)) {
      for (const std::string& mount : {controllers, std::string("cpu")}) {
        consider(SmallestQuota(mounts / mount, path, /*v2=*/false));
      }
    }
  }
  return smallest;
}

int UsableCpuCount(const std::filesystem::path& root) {
  int cpus = AffinityCpuCount();
  if (const std::optional<double> quota = CgroupCpuQuota(root)) {
    cpus = std::min(cpus, static_cast<int>(std::ceil(std::min(*quota, 1e6))));
  }
  return std::max(cpus, 1);
}

}  // namespace avocet
