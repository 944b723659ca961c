// The HTTP port that Prometheus scrapes.
#ifndef AVOCET_SERVER_METRICS_ENDPOINT_H_
#define AVOCET_SERVER_METRICS_ENDPOINT_H_

#include <prometheus/exposer.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/metrics.h"

namespace avocet {

// Serves GET /metrics until destroyed.
class MetricsEndpoint {
 public:
  // Listens on `address` (IPv4, or IPv6 without brackets) and `port`; 0 takes any free one.
  // `metrics` must have all its parts and outlive this object. Errors: UNAVAILABLE when the port
  // cannot be had.
  static absl::StatusOr<std::unique_ptr<MetricsEndpoint>> Start(const std::string& address,
                                                                int port, const Metrics& metrics);

  // The port in use.
  int port() const { return exposer_->GetListeningPorts().front(); }

 private:
  explicit MetricsEndpoint(std::unique_ptr<prometheus::Exposer> exposer)
      : exposer_(std::move(exposer)) {}

  const std::unique_ptr<prometheus::Exposer> exposer_;
};

}  // namespace avocet

#endif  // AVOCET_SERVER_METRICS_ENDPOINT_H_
