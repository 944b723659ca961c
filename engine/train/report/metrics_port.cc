#include "engine/train/report/metrics_port.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/text_serializer.h>

#include <exception>
#include <utility>

#include "absl/strings/str_cat.h"

namespace avocet {

using ::prometheus::Counter;
using ::prometheus::Gauge;
using ::prometheus::Registry;

struct MetricsPort::Series {
  explicit Series(Registry& registry_in) : registry(registry_in) {}

  Gauge& AddGauge(const char* name, const char* help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
  }
  Counter& AddCounter(const char* name, const char* help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
  }

  Registry& registry;
  Gauge& step = AddGauge("avocet_train_step", "Steps done, over the whole run.");
  Gauge& steps = AddGauge("avocet_train_steps", "Steps that the run will have.");
  Gauge& epoch = AddGauge("avocet_train_epoch", "The epoch under way, from 1.");
  Gauge& loss = AddGauge("avocet_train_loss", "Loss of the last step.");
  Gauge& top1 = AddGauge("avocet_train_top1", "Top-1 share of the last step, 0 to 1.");
  Gauge& learning_rate = AddGauge("avocet_train_learning_rate", "Learning rate of the last step.");
  Gauge& gradient_norm =
      AddGauge("avocet_train_gradient_norm", "Norm of the last step's gradient before clipping.");
  Counter& images = AddCounter("avocet_train_images_total", "Images trained on by this process.");
  Counter& seconds =
      AddCounter("avocet_train_step_seconds_total", "Time that this process spent in steps.");
  Counter& wait_seconds =
      AddCounter("avocet_train_wait_seconds_total", "Time of that in which steps waited for data.");
  Gauge& validation_loss = AddGauge("avocet_train_validation_loss", "Loss of the last validation.");
  Gauge& validation_top1 =
      AddGauge("avocet_train_validation_top1", "Top-1 share of the last validation, 0 to 1.");
};

absl::StatusOr<std::unique_ptr<MetricsPort>> MetricsPort::Start(const std::string& address,
                                                                int port) {
  const std::string where = absl::StrCat(address, ":", port);
  try {
    auto exposer = std::make_unique<prometheus::Exposer>(where);
    return std::unique_ptr<MetricsPort>(new MetricsPort(std::move(exposer)));
  } catch (const std::exception& error) {  // CivetWeb reports a port in use this way
    return absl::UnavailableError(
        absl::StrCat("metrics: cannot listen on ", where, ": ", error.what()));
  }
}

MetricsPort::MetricsPort(std::unique_ptr<prometheus::Exposer> exposer)
    : registry_(std::make_shared<Registry>()),
      series_(std::make_unique<Series>(*registry_)),
      exposer_(std::move(exposer)) {
  exposer_->RegisterCollectable(registry_);
}

MetricsPort::~MetricsPort() = default;

std::string MetricsPort::Text() const {
  return prometheus::TextSerializer().Serialize(registry_->Collect());
}

void MetricsPort::OnStart(const RunFacts& facts) {
  series_->step.Set(static_cast<double>(facts.steps_done));
  series_->steps.Set(static_cast<double>(facts.steps_per_epoch * facts.epochs));
  prometheus::BuildGauge()
      .Name("avocet_train_info")
      .Help("Always 1; what is trained.")
      .Register(*registry_)
      .Add({{"architecture", facts.architecture},
            {"classes", std::to_string(facts.class_names.size())}})
      .Set(1);
}

void MetricsPort::OnStep(const StepFacts& step) {
  series_->step.Set(static_cast<double>(step.step));
  series_->epoch.Set(step.epoch);
  series_->loss.Set(step.loss);
  series_->top1.Set(step.top1);
  series_->learning_rate.Set(step.learning_rate);
  series_->gradient_norm.Set(step.gradient_norm);
  series_->images.Increment(step.images);
  series_->seconds.Increment(step.seconds);
  series_->wait_seconds.Increment(step.wait_seconds);
}

void MetricsPort::OnEpoch(const EpochFacts& epoch) {
  if (!epoch.validation) return;
  series_->validation_loss.Set(epoch.validation->loss);
  series_->validation_top1.Set(epoch.validation->top1);
}

}  // namespace avocet
