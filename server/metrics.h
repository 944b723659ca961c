// Everything the server counts, under the names of server/README.md.
#ifndef AVOCET_SERVER_METRICS_H_
#define AVOCET_SERVER_METRICS_H_

#include <prometheus/collectable.h>
#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace avocet {

// Counters by gRPC status code, looked up once.
class CountersByCode {
 public:
  CountersByCode(prometheus::Family<prometheus::Counter>& family, const std::string& model);
  void Increment(absl::StatusCode code) { counters_[static_cast<size_t>(code)]->Increment(); }

 private:
  static constexpr size_t kCodes = 17;  // OK (0) to UNAUTHENTICATED (16)
  std::array<prometheus::Counter*, kCodes> counters_;
};

// What is counted for one model, whatever its version. All members are thread-safe; the histograms
// are in seconds.
struct ModelMetrics {
  CountersByCode requests;
  CountersByCode images;
  prometheus::Counter& image_bytes;
  prometheus::Histogram& request_duration;
  prometheus::Histogram& queue;
  prometheus::Histogram& decode;
  prometheus::Histogram& preprocess;
  prometheus::Histogram& inference;
  prometheus::Histogram& batch_size;
};

// Owns every metric. Thread-safe.
class Metrics {
 public:
  Metrics();

  // The handles of one model, made at the first call; valid as long as this object. For names from
  // the models folder only: each name becomes label values, so names from requests would let
  // clients fill the memory.
  ModelMetrics& ForModel(const std::string& name);

  // Where requests are counted that name no model of this server: the label model="unknown".
  ModelMetrics& unknown_model() { return *unknown_model_; }

  // Says that a version of a model is computed in `precision`, whose name it is.
  void SetModelInfo(const std::string& model, int64_t version, const std::string& architecture,
                    const std::string& precision);
  void SetModelLoadSeconds(const std::string& model, int64_t version, double seconds);
  // For a version that is not served any more.
  void ForgetModel(const std::string& model, int64_t version);

  // What a look at the models folder led to, for one version of a model.
  enum class Reload { kLoaded, kFailed, kRemoved };
  void CountReload(const std::string& model, Reload result);

  // Calls `depth` at every scrape; it must stay callable until this object or the endpoint that
  // scrapes it is gone.
  void SampleQueueDepth(std::function<int()> depth);

  prometheus::Gauge& requests_in_flight() { return *requests_in_flight_; }
  prometheus::Gauge& queue_capacity() { return *queue_capacity_; }
  prometheus::Gauge& executors() { return *executors_; }
  prometheus::Gauge& executors_busy() { return *executors_busy_; }
  prometheus::Counter& dropped_expired() { return *dropped_expired_; }
  prometheus::Counter& dropped_cancelled() { return *dropped_cancelled_; }

  // What a scrape collects. The endpoint keeps weak pointers to these.
  const std::vector<std::shared_ptr<prometheus::Collectable>>& collectables() const {
    return collectables_;
  }
  // All metrics in Prometheus's text format.
  std::string Text() const;

 private:
  const std::shared_ptr<prometheus::Registry> registry_;
  std::vector<std::shared_ptr<prometheus::Collectable>> collectables_;

  prometheus::Family<prometheus::Counter>* requests_total_;
  prometheus::Family<prometheus::Counter>* images_total_;
  prometheus::Family<prometheus::Counter>* image_bytes_total_;
  prometheus::Family<prometheus::Histogram>* request_duration_;
  prometheus::Family<prometheus::Histogram>* stage_duration_;
  prometheus::Family<prometheus::Histogram>* batch_size_;
  prometheus::Family<prometheus::Gauge>* model_info_;
  prometheus::Family<prometheus::Gauge>* model_load_seconds_;
  prometheus::Family<prometheus::Counter>* model_reloads_total_;
  prometheus::Gauge* requests_in_flight_;
  prometheus::Gauge* queue_capacity_;
  prometheus::Gauge* executors_;
  prometheus::Gauge* executors_busy_;
  prometheus::Counter* dropped_expired_;
  prometheus::Counter* dropped_cancelled_;
  ModelMetrics* unknown_model_;

  std::mutex mutex_;  // guards models_ and infos_
  std::map<std::pair<std::string, int64_t>, prometheus::Gauge*> infos_;
  std::map<std::string, std::unique_ptr<ModelMetrics>> models_;
};

}  // namespace avocet

#endif  // AVOCET_SERVER_METRICS_H_
