#include "server/model_plans.h"

#include <algorithm>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/status.h"

namespace avocet {

ModelPlans::ModelPlans(const ServedModel& model, BatchSchedule schedule)
    : schedule_(std::move(schedule)),
      input_size_(static_cast<size_t>(model.preprocess.height) *
                  static_cast<size_t>(model.preprocess.width) *
                  static_cast<size_t>(model.preprocess.channels)),
      output_size_(static_cast<size_t>(model.num_classes)) {}

absl::StatusOr<std::unique_ptr<Plan>> ModelPlans::Compile(const ServedModel& model, int batch_size,
                                                          int threads) const {
  ASSIGN_OR_RETURN(std::unique_ptr<Plan> plan, model.make_plan(batch_size, threads));
  const size_t rows = static_cast<size_t>(batch_size);
  AVOCET_CHECK(plan->batch_size() == batch_size && plan->input().size() == rows * input_size_ &&
               plan->logits().size() == rows * output_size_);
  std::ranges::fill(plan->input(), 0.0f);
  plan->Run();  // the first run touches memory and starts threads, which no request should wait for
  return plan;
}

absl::StatusOr<ModelPlans> ModelPlans::CompileFirst(const ServedModel& model) {
  ModelPlans plans(model, BatchSchedule::Pinned({}));
  ASSIGN_OR_RETURN(plans.plans_[1], plans.Compile(model, /*batch_size=*/1, /*threads=*/1));
  return plans;
}

absl::StatusOr<ModelPlans> ModelPlans::CompileFurther(const ServedModel& model,
                                                      BatchSchedule schedule, int wide_threads) {
  ModelPlans plans(model, std::move(schedule));
  for (const int size : plans.schedule_.sizes()) {
    if (size == 1) continue;
    ASSIGN_OR_RETURN(plans.plans_[size], plans.Compile(model, size, /*threads=*/1));
  }
  if (wide_threads > 1) {
    ASSIGN_OR_RETURN(plans.wide_, plans.Compile(model, /*batch_size=*/1, wide_threads));
  }
  return plans;
}

absl::StatusOr<ModelPlans> ModelPlans::CompileAll(const ServedModel& model, BatchSchedule schedule,
                                                  int wide_threads) {
  ASSIGN_OR_RETURN(ModelPlans plans, CompileFirst(model));
  ASSIGN_OR_RETURN(ModelPlans further, CompileFurther(model, std::move(schedule), wide_threads));
  plans.Adopt(std::move(further));
  return plans;
}

void ModelPlans::Adopt(ModelPlans further) {
  AVOCET_CHECK(plans_.contains(1) && input_size_ == further.input_size_ &&
               output_size_ == further.output_size_);
  schedule_ = std::move(further.schedule_);
  plans_.merge(further.plans_);
  if (further.wide_ != nullptr) wide_ = std::move(further.wide_);
}

std::span<float> ModelPlans::InputRow(Plan& plan, size_t row) const {
  return plan.input().subspan(row * input_size_, input_size_);
}

std::span<const float> ModelPlans::LogitsRow(const Plan& plan, size_t row) const {
  return plan.logits().subspan(row * output_size_, output_size_);
}

size_t ModelPlans::arena_bytes() const {
  size_t bytes = wide_ == nullptr ? 0 : wide_->arena_bytes();
  for (const auto& [size, plan] : plans_) bytes += plan->arena_bytes();
  return bytes;
}

}  // namespace avocet
