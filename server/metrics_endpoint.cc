#include "server/metrics_endpoint.h"

#include <exception>

#include "absl/strings/str_cat.h"
#include "server/listen_address.h"

namespace avocet {

absl::StatusOr<std::unique_ptr<MetricsEndpoint>> MetricsEndpoint::Start(const std::string& address,
                                                                        int port,
                                                                        const Metrics& metrics) {
  const std::string where = JoinAddress(address, port);
  try {
    auto exposer = std::make_unique<prometheus::Exposer>(where);
    for (const auto& collectable : metrics.collectables())
      exposer->RegisterCollectable(collectable);
    return std::unique_ptr<MetricsEndpoint>(new MetricsEndpoint(std::move(exposer)));
  } catch (
      const std::exception& error) {  // CivetWeb reports a port in use this way, without a reason
    const std::string reason = WhyNotListen(address, port);
    return absl::UnavailableError(absl::StrCat("metrics: cannot listen on ", where, ": ",
                                               reason.empty() ? error.what() : reason,
                                               " (--address, --metrics-port)"));
  }
}

}  // namespace avocet
