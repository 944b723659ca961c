#include "server/process_metrics.h"

#include <prometheus/client_metric.h>
#include <prometheus/metric_type.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>

namespace avocet {
namespace {

using ::prometheus::ClientMetric;
using ::prometheus::MetricFamily;
using ::prometheus::MetricType;

// Fields of /proc/self/stat (proc(5)) that we report.
struct ProcessStat {
  double cpu_seconds = 0;
  double threads = 0;
  double start_seconds_after_boot = 0;
  double virtual_bytes = 0;
  double resident_bytes = 0;
};

std::optional<ProcessStat> ReadStat() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  // Field 2 is the program's name in parentheses and may contain anything; field 3 follows its last
  // ')'.
  const size_t name_end = line.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream rest(line.substr(name_end + 1));
  const std::vector<std::string> fields{std::istream_iterator<std::string>(rest), {}};
  if (fields.size() < 22) return std::nullopt;
  const auto field = [&](size_t number) { return std::stod(fields[number - 3]); };
  const double ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  return ProcessStat{
      .cpu_seconds = (field(14) + field(15)) / ticks,
      .threads = field(20),
      .start_seconds_after_boot = field(22) / ticks,
      .virtual_bytes = field(23),
      .resident_bytes = field(24) * static_cast<double>(sysconf(_SC_PAGESIZE)),
  };
}

// Seconds between 1970 and the start of the machine.
std::optional<double> BootTime() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("btime ")) return std::stod(line.substr(6));
  }
  return std::nullopt;
}

std::optional<double> OpenFileDescriptors() {
  std::error_code error;
  std::filesystem::directory_iterator entries("/proc/self/fd", error);
  if (error) return std::nullopt;
  double count = -1;  // the descriptor that reads the folder
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    ++count;
  }
  return count;
}

MetricFamily Family(std::string name, std::string help, MetricType type, double value) {
  ClientMetric metric;
  (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  MetricFamily family;
  family.name = std::move(name);
  family.help = std::move(help);
  family.type = type;
  family.metric.push_back(std::move(metric));
  return family;
}

}  // namespace

std::vector<MetricFamily> ProcessMetrics::Collect() const {
  std::vector<MetricFamily> families;
  const auto gauge = [&](const char* name, const char* help, double value) {
    families.push_back(Family(name, help, MetricType::Gauge, value));
  };
  if (const std::optional<ProcessStat> stat = ReadStat()) {
    families.push_back(Family("process_cpu_seconds_total", "User and system CPU time.",
                              MetricType::Counter, stat->cpu_seconds));
    gauge("process_threads", "Threads.", stat->threads);
    gauge("process_virtual_memory_bytes", "Virtual memory.", stat->virtual_bytes);
    gauge("process_resident_memory_bytes", "Resident memory.", stat->resident_bytes);
    if (const std::optional<double> boot = BootTime()) {
      gauge("process_start_time_seconds", "Start of the process, in seconds since 1970.",
            *boot + stat->start_seconds_after_boot);
    }
  }
  if (const std::optional<double> open = OpenFileDescriptors()) {
    gauge("process_open_fds", "Open file descriptors.", *open);
  }
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    gauge("process_max_fds", "The most file descriptors that may be open.",
          static_cast<double>(limit.rlim_cur));
  }
  return families;
}

int64_t ResidentBytes() {
  const std::optional<ProcessStat> stat = ReadStat();
  return stat ? static_cast<int64_t>(stat->resident_bytes) : 0;
}

}  // namespace avocet
