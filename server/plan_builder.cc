#include "server/plan_builder.h"

#include <malloc.h>
#include <pthread.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <string>
#include <utility>

#include "engine/base/status.h"
#include "server/plan_choice.h"
#include "server/process_metrics.h"

namespace avocet {
namespace {

constexpr int kLowestPriority = 19;
// `make_plan` until the server ends: measuring takes seconds, for which nobody wants to wait then.
PlanFactory StoppedBy(const std::stop_token& stop, const PlanFactory& make_plan) {
  return [=](int batch_size, int threads) -> absl::StatusOr<std::unique_ptr<Plan>> {
    if (stop.stop_requested()) return absl::CancelledError("the server ends");
    return make_plan(batch_size, threads);
  };
}

double Megabytes(size_t bytes) { return static_cast<double>(bytes) / 1e6; }

}  // namespace

PlanBuilder::PlanBuilder(PlanPolicy policy, int wide_threads, Tuner& tuner,
                         std::vector<std::shared_ptr<PlanInbox>> inboxes,
                         std::function<void()> delivered)
    : policy_(std::move(policy)),
      wide_threads_(wide_threads),
      tuner_(tuner),
      inboxes_(std::move(inboxes)),
      delivered_(std::move(delivered)),
      thread_([this](const std::stop_token& stop) { Work(stop); }) {}

PlanBuilder::~PlanBuilder() = default;

void PlanBuilder::Enqueue(std::shared_ptr<const ServedModel> model) {
  {
    const std::lock_guard lock(mutex_);
    models_.push_back(std::move(model));
  }
  changed_.notify_all();
}

void PlanBuilder::WaitUntilIdle() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return models_.empty(); });
}

void PlanBuilder::Work(const std::stop_token& stop) {
  pthread_setname_np(pthread_self(), "plan-builder");
  setpriority(PRIO_PROCESS, 0, kLowestPriority);  // of this thread alone, on Linux
  std::unique_lock lock(mutex_);
  while (changed_.wait(lock, stop, [this] { return !models_.empty(); })) {
    const std::shared_ptr<const ServedModel> model = models_.front();
    lock.unlock();
    const absl::Status status = Build(model, stop);
    if (!status.ok() && !stop.stop_requested()) {
      spdlog::warn("model \"{}\" version {}: images run one by one: {}", model->name,
                   model->version, std::string(status.message()));
    }
    lock.lock();
    models_.pop_front();
    changed_.notify_all();
  }
}

absl::Status PlanBuilder::Build(const std::shared_ptr<const ServedModel>& model,
                                const std::stop_token& stop) {
  const Tuner::Candidate network = {model->tuning_key, StoppedBy(stop, model->make_plan)};
  ASSIGN_OR_RETURN(const PlanChoice choice, ChoosePlans(policy_, wide_threads_, network, tuner_));
  size_t arena_bytes = 0;
  for (const std::shared_ptr<PlanInbox>& inbox : inboxes_) {
    if (stop.stop_requested()) return absl::OkStatus();
    ASSIGN_OR_RETURN(ModelPlans plans,
                     ModelPlans::CompileFurther(*model, choice.schedule, choice.wide_threads));
    arena_bytes += plans.arena_bytes();
    inbox->Put({model, std::move(plans)});
  }
  delivered_();
  malloc_trim(0);  // what measuring needed
  spdlog::info("model \"{}\" version {}: {}", model->name, model->version, choice.DebugString());
  const WeightBytes weights = model->weight_bytes();
  spdlog::info(
      "model \"{}\" version {}: {:.1f} MB of packed weights, {:.1f} MB of that second layouts; "
      "plans behind the first take {:.1f} MB in {} executors; {:.1f} MB resident",
      model->name, model->version, Megabytes(weights.packed), Megabytes(weights.duplicate),
      Megabytes(arena_bytes), inboxes_.size(), static_cast<double>(ResidentBytes()) / 1e6);
  return absl::OkStatus();
}

}  // namespace avocet
