// A run as Prometheus scrapes it.
#ifndef AVOCET_ENGINE_TRAIN_REPORT_METRICS_PORT_H_
#define AVOCET_ENGINE_TRAIN_REPORT_METRICS_PORT_H_

#include <prometheus/exposer.h>
#include <prometheus/registry.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "engine/train/report/run_observer.h"

namespace avocet {

// Serves GET /metrics with the metrics avocet_train_* of engine/train/report/README.md until it is
// destroyed.
class MetricsPort final : public RunObserver {
 public:
  // Listens on `address` (IPv4, IPv6 in brackets) and `port`; 0: any free one. UNAVAILABLE when the
  // port cannot be had.
  static absl::StatusOr<std::unique_ptr<MetricsPort>> Start(const std::string& address, int port);
  ~MetricsPort() override;

  // The port in use.
  int port() const { return exposer_->GetListeningPorts().front(); }
  // What a scrape finds, in Prometheus's text format.
  std::string Text() const;

  void OnStart(const RunFacts& facts) override;
  void OnStep(const StepFacts& step) override;
  void OnEpoch(const EpochFacts& epoch) override;

 private:
  struct Series;
  explicit MetricsPort(std::unique_ptr<prometheus::Exposer> exposer);

  std::shared_ptr<prometheus::Registry> registry_;
  std::unique_ptr<Series> series_;
  std::unique_ptr<prometheus::Exposer> exposer_;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_REPORT_METRICS_PORT_H_
