#include "server/metrics.h"

#include <prometheus/text_serializer.h>

#include <cmath>
#include <utility>

#include "server/process_metrics.h"
#include "server/version.h"

namespace avocet {
namespace {

// In the order of Metrics::Reload.
constexpr std::array kReloadNames = {"loaded", "failed", "removed"};

using ::prometheus::BuildCounter;
using ::prometheus::BuildGauge;
using ::prometheus::BuildHistogram;
using ::prometheus::ClientMetric;
using ::prometheus::Collectable;
using ::prometheus::Counter;
using ::prometheus::Family;
using ::prometheus::Gauge;
using ::prometheus::Histogram;
using ::prometheus::Labels;
using ::prometheus::MetricFamily;

// The codes that a request or an image can end with here; they exist from the start, at zero, so
// that rates have no gaps.
constexpr std::array kReportedCodes = {
    absl::StatusCode::kOk,
    absl::StatusCode::kCancelled,
    absl::StatusCode::kInvalidArgument,
    absl::StatusCode::kDeadlineExceeded,
    absl::StatusCode::kNotFound,
    absl::StatusCode::kResourceExhausted,
    absl::StatusCode::kInternal,
    absl::StatusCode::kUnavailable,
};

// 250 us to 16 s in steps of sqrt(2): a quantile read off such buckets is wrong by at most 19 %.
Histogram::BucketBoundaries SecondsBuckets() {
  Histogram::BucketBoundaries buckets;
  for (int i = 0; i < 33; ++i) buckets.push_back(250e-6 * std::pow(2.0, i / 2.0));
  return buckets;
}

Histogram::BucketBoundaries BatchSizeBuckets() {
  return {1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64};
}

// A gauge whose value is asked for at every scrape.
class SampledGauge : public Collectable {
 public:
  SampledGauge(std::string name, std::string help, std::function<int()> sample)
      : name_(std::move(name)), help_(std::move(help)), sample_(std::move(sample)) {}

  std::vector<MetricFamily> Collect() const override {
    ClientMetric metric;
    metric.gauge.value = sample_();
    MetricFamily family;
    family.name = name_;
    family.help = help_;
    family.type = prometheus::MetricType::Gauge;
    family.metric.push_back(std::move(metric));
    return {std::move(family)};
  }

 private:
  const std::string name_;
  const std::string help_;
  const std::function<int()> sample_;
};

}  // namespace

CountersByCode::CountersByCode(Family<Counter>& family, const std::string& model) {
  const auto counter = [&](absl::StatusCode code) {
    return &family.Add({{"model", model}, {"code", absl::StatusCodeToString(code)}});
  };
  counters_.fill(counter(absl::StatusCode::kUnknown));
  for (const absl::StatusCode code : kReportedCodes)
    counters_[static_cast<size_t>(code)] = counter(code);
}

Metrics::Metrics() : registry_(std::make_shared<prometheus::Registry>()) {
  prometheus::Registry& registry = *registry_;
  const auto counter = [&](const char* name, const char* help) {
    return &BuildCounter().Name(name).Help(help).Register(registry);
  };
  const auto gauge = [&](const char* name, const char* help) {
    return &BuildGauge().Name(name).Help(help).Register(registry);
  };
  const auto histogram = [&](const char* name, const char* help) {
    return &BuildHistogram().Name(name).Help(help).Register(registry);
  };

  requests_total_ = counter("avocet_requests_total", "Classify requests answered, by status code.");
  images_total_ = counter("avocet_images_total",
                          "Images of accepted requests, by the status code each ended with.");
  image_bytes_total_ =
      counter("avocet_image_bytes_total", "Encoded bytes of the images taken for decoding.");
  request_duration_ =
      histogram("avocet_request_duration_seconds", "Whole request, from arrival to answer.");
  stage_duration_ = histogram("avocet_stage_duration_seconds", "Time an image spent in a stage.");
  batch_size_ = histogram("avocet_batch_size", "Images that the network ran together.");
  model_info_ = gauge("avocet_model_info", "Always 1; what a model is, and how it is computed.");
  model_load_seconds_ =
      gauge("avocet_model_load_seconds", "Time from the model's folder to its first plan.");
  model_reloads_total_ =
      counter("avocet_model_reloads_total",
              "Versions that came or went while the server ran, by what became of them.");
  requests_in_flight_ =
      &gauge("avocet_requests_in_flight", "Classify requests not answered yet.")->Add({});
  queue_capacity_ =
      &gauge("avocet_queue_capacity", "The most images that may wait in the queue.")->Add({});
  executors_ = &gauge("avocet_executors", "Threads that classify images.")->Add({});
  executors_busy_ =
      &gauge("avocet_executors_busy", "Threads that are classifying images now.")->Add({});
  Family<Counter>* dropped =
      counter("avocet_dropped_images_total",
              "Accepted images dropped before they were run, because nobody waited for them.");
  dropped_expired_ = &dropped->Add({{"reason", "expired"}});
  dropped_cancelled_ = &dropped->Add({{"reason", "cancelled"}});
  gauge("avocet_build_info", "Always 1; what is running.")
      ->Add({{"version", Version()}, {"commit", Commit()}, {"compiler", Compiler()}})
      .Set(1);

  collectables_ = {registry_, std::make_shared<ProcessMetrics>()};
  unknown_model_ = &ForModel("unknown");
}

ModelMetrics& Metrics::ForModel(const std::string& name) {
  const std::lock_guard lock(mutex_);
  std::unique_ptr<ModelMetrics>& metrics = models_[name];
  if (metrics == nullptr) {
    const Labels labels = {{"model", name}};
    const auto stage = [&](const char* stage_name) -> Histogram& {
      return stage_duration_->Add({{"model", name}, {"stage", stage_name}}, SecondsBuckets());
    };
    metrics.reset(new ModelMetrics{
        .requests = CountersByCode(*requests_total_, name),
        .images = CountersByCode(*images_total_, name),
        .image_bytes = image_bytes_total_->Add(labels),
        .request_duration = request_duration_->Add(labels, SecondsBuckets()),
        .queue = stage("queue"),
        .decode = stage("decode"),
        .preprocess = stage("preprocess"),
        .inference = stage("inference"),
        .batch_size = batch_size_->Add(labels, BatchSizeBuckets()),
    });
  }
  return *metrics;
}

void Metrics::SetModelInfo(const std::string& model, int64_t version,
                           const std::string& architecture, const std::string& precision) {
  const std::lock_guard lock(mutex_);
  Gauge& info = model_info_->Add({{"model", model},
                                  {"version", std::to_string(version)},
                                  {"architecture", architecture},
                                  {"precision", precision}});
  info.Set(1);
  infos_[{model, version}] = &info;
  // From 0, so that the first reload is an increase.
  for (const char* result : kReloadNames) {
    model_reloads_total_->Add({{"model", model}, {"result", result}});
  }
}

void Metrics::SetModelLoadSeconds(const std::string& model, int64_t version, double seconds) {
  model_load_seconds_->Add({{"model", model}, {"version", std::to_string(version)}}).Set(seconds);
}

void Metrics::ForgetModel(const std::string& model, int64_t version) {
  const std::lock_guard lock(mutex_);
  if (const auto info = infos_.find({model, version}); info != infos_.end()) {
    model_info_->Remove(info->second);
    infos_.erase(info);
  }
  Gauge& gauge = model_load_seconds_->Add({{"model", model}, {"version", std::to_string(version)}});
  model_load_seconds_->Remove(&gauge);
}

void Metrics::CountReload(const std::string& model, Reload result) {
  model_reloads_total_
      ->Add({{"model", model}, {"result", kReloadNames[static_cast<size_t>(result)]}})
      .Increment();
}

void Metrics::SampleQueueDepth(std::function<int()> depth) {
  collectables_.push_back(std::make_shared<SampledGauge>(
      "avocet_queue_depth", "Images waiting in the queue.", std::move(depth)));
}

std::string Metrics::Text() const {
  std::vector<MetricFamily> families;
  for (const std::shared_ptr<Collectable>& collectable : collectables_) {
    std::vector<MetricFamily> collected = collectable->Collect();
    families.insert(families.end(), std::make_move_iterator(collected.begin()),
                    std::make_move_iterator(collected.end()));
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace avocet
