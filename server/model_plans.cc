#include "server/model_plans.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "engine/base/status.h"
#include "engine/tuning/measure.h"

namespace avocet {

absl::StatusOr<BatchSchedule> MeasureSchedule(const ServedModel& model, int max_batch_size,
                                              const ServerClock& clock) {
  ASSIGN_OR_RETURN(const std::vector<BatchCost> costs,
                   MeasureBatchCosts(model.make_plan, max_batch_size, clock));
  BatchSchedule schedule = BatchSchedule::FromCosts(costs);
  spdlog::info("model \"{}\" version {}: batches on one thread: {}", model.name, model.version,
               schedule.DebugString());
  return schedule;
}

ModelPlans::ModelPlans(const ServedModel& model, BatchSchedule schedule)
    : schedule_(std::move(schedule)),
      input_size_(static_cast<size_t>(model.preprocess.height) *
                  static_cast<size_t>(model.preprocess.width) * 3),
      output_size_(static_cast<size_t>(model.num_classes)) {}

absl::StatusOr<ModelPlans> ModelPlans::Compile(const ServedModel& model, BatchSchedule schedule,
                                               int wide_threads) {
  ModelPlans plans(model, std::move(schedule));
  const auto compile = [&](int batch_size, int threads) -> absl::StatusOr<std::unique_ptr<Plan>> {
    ASSIGN_OR_RETURN(std::unique_ptr<Plan> plan, model.make_plan(batch_size, threads));
    const size_t rows = static_cast<size_t>(batch_size);
    AVOCET_CHECK(plan->batch_size() == batch_size &&
                 plan->input().size() == rows * plans.input_size_ &&
                 plan->logits().size() == rows * plans.output_size_);
    std::ranges::fill(plan->input(), 0.0f);
    plan->Run();  // the first run touches memory and starts threads, which no request should wait
                  // for
    return plan;
  };
  for (const int size : plans.schedule_.sizes()) {
    ASSIGN_OR_RETURN(plans.plans_[size], compile(size, /*threads=*/1));
  }
  if (wide_threads > 1) {
    ASSIGN_OR_RETURN(plans.wide_, compile(/*batch_size=*/1, wide_threads));
  }
  return plans;
}

std::span<float> ModelPlans::InputRow(Plan& plan, size_t row) const {
  return plan.input().subspan(row * input_size_, input_size_);
}

std::span<const float> ModelPlans::LogitsRow(const Plan& plan, size_t row) const {
  return plan.logits().subspan(row * output_size_, output_size_);
}

}  // namespace avocet
