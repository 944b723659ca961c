// What the operating system knows about this process, under Prometheus's customary names.
#ifndef AVOCET_SERVER_PROCESS_METRICS_H_
#define AVOCET_SERVER_PROCESS_METRICS_H_

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <cstdint>
#include <vector>

namespace avocet {

// process_* metrics, read from /proc at every scrape. What cannot be read is left out. Thread-safe.
class ProcessMetrics : public prometheus::Collectable {
 public:
  std::vector<prometheus::MetricFamily> Collect() const override;
};

// Bytes of this process that are in memory now; 0 where that cannot be read.
int64_t ResidentBytes();

}  // namespace avocet

#endif  // AVOCET_SERVER_PROCESS_METRICS_H_
