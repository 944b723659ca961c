#include "server/executor.h"

#include <google/protobuf/duration.pb.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/softmax.h"
#include "engine/base/status.h"

namespace avocet {
namespace {

// A camera's picture; what a larger one needed is given back, or one request would raise the memory
// of the process for good.
constexpr size_t kKeptImageBytes = 48 << 20;

void SetDuration(Duration duration, google::protobuf::Duration& message) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration);
  message.set_seconds(seconds.count());
  message.set_nanos(static_cast<int32_t>(std::chrono::nanoseconds(duration - seconds).count()));
}

}  // namespace

absl::Status Executor::Prepare() {
  const std::shared_ptr<const ModelTable> table = environment_.registry.Current();
  for (const ModelTable::Entry& entry : table->entries()) {
    RETURN_IF_ERROR(Compile(entry.model).status());
  }
  return absl::OkStatus();
}

void Executor::Run() {
  prometheus::Gauge& busy = environment_.metrics.executors_busy();
  const auto max_batch_size = [this](const ImageJob& head) {
    return MaxBatchSize(head.call->model());
  };
  std::vector<ImageJob> batch;
  int interrupts = 0;
  while (environment_.queue.Pop(max_batch_size, batch, interrupts)) {
    if (batch.empty()) {
      FollowRegistry();
      AdoptPlans();
      continue;
    }
    busy.Increment();
    Answer(batch);
    batch.clear();  // a waiting executor holds no call alive
    busy.Decrement();
  }
}

int Executor::MaxBatchSize(const std::shared_ptr<const ServedModel>& model) const {
  const auto prepared = prepared_.find(model);
  return prepared == prepared_.end() ? 1 : prepared->second.plans.largest_batch_size();
}

void Executor::FollowRegistry() {
  const std::shared_ptr<const ModelTable> table = environment_.registry.Current();
  const auto is_served = [&](const std::shared_ptr<const ServedModel>& model) {
    return std::ranges::any_of(table->entries(), [&](const auto& e) { return e.model == model; });
  };
  // Variants first: they keep their models alive.
  std::erase_if(prepared_, [&](const auto& prepared) {
    const std::shared_ptr<const ServedModel>& variant = prepared.second.variant;
    return variant != nullptr && !is_served(variant->base);
  });
  std::erase_if(prepared_, [](const auto& prepared) { return prepared.first.expired(); });
  for (const ModelTable::Entry& entry : table->entries()) {
    if (prepared_.contains(entry.model)) continue;
    if (std::optional<ModelPlans> plans = environment_.shelf.Take(entry.model)) {
      prepared_.emplace(entry.model, Prepared{*std::move(plans)});
    }
  }
}

void Executor::AdoptPlans() {
  for (PlanDelivery& delivery : inbox_->TakeAll()) {
    const auto prepared = prepared_.find(delivery.model);
    // A model that was served when its plans were begun may be gone.
    if (prepared != prepared_.end()) prepared->second.plans.Adopt(std::move(delivery.plans));
  }
}

void Executor::MakeRoomForVariant() {
  while (true) {
    int variants = 0;
    auto oldest = prepared_.end();
    for (auto it = prepared_.begin(); it != prepared_.end(); ++it) {
      if (it->second.variant == nullptr) continue;
      ++variants;
      if (oldest == prepared_.end() || it->second.last_used < oldest->second.last_used) oldest = it;
    }
    if (variants < environment_.size_variants || oldest == prepared_.end()) return;
    prepared_.erase(oldest);
  }
}

absl::StatusOr<Executor::PreparedModels::iterator> Executor::Compile(
    const std::shared_ptr<const ServedModel>& model) {
  const bool is_variant = model->base != nullptr;
  if (is_variant) MakeRoomForVariant();
  ASSIGN_OR_RETURN(ModelPlans plans, ModelPlans::CompileFirst(*model));
  return prepared_.emplace(model, Prepared{std::move(plans), is_variant ? model : nullptr}).first;
}

absl::StatusOr<ModelPlans*> Executor::PlansFor(const std::shared_ptr<const ServedModel>& model) {
  auto prepared = prepared_.find(model);
  if (prepared == prepared_.end()) {
    if (std::optional<ModelPlans> plans = environment_.shelf.Take(model)) {
      prepared = prepared_.emplace(model, Prepared{*std::move(plans)}).first;
    } else {
      ASSIGN_OR_RETURN(prepared, Compile(model));
    }
  }
  prepared->second.last_used = ++batches_;
  return &prepared->second.plans;
}

void Executor::Answer(std::span<ImageJob> batch) {
  const absl::StatusOr<ModelPlans*> plans = PlansFor(batch.front().call->model());
  if (!plans.ok()) {
    for (const ImageJob& job : batch) job.call->Abandon(plans.status());
    return;
  }
  while (!batch.empty()) {
    Plan& plan = (*plans)->For(static_cast<int>(batch.size()));
    // An image that cannot be read leaves its row to the next one.
    for (; !batch.empty() && std::ssize(rows_) < plan.batch_size(); batch = batch.subspan(1)) {
      ImageJob& job = batch.front();
      if (ReadImage(job, (*plans)->InputRow(plan, rows_.size()))) rows_.push_back(std::move(job));
    }
    RunRows(**plans, plan);
    rows_.clear();
  }
}

bool Executor::ReadImage(const ImageJob& job, std::span<float> input) {
  ClassifyCall& call = *job.call;
  if (const Fate fate = call.fate(); fate != Fate::kAlive) {
    call.Drop(fate);
    return false;
  }
  ModelMetrics& metrics = call.model_metrics();
  v1::StageTimings& timings = *call.result(job.index).mutable_timings();
  const std::string& encoded = call.request().images(job.index);

  const TimePoint taken = environment_.clock();
  SetDuration(taken - call.accepted_at(), *timings.mutable_queue());
  metrics.queue.Observe(Seconds(taken - call.accepted_at()));
  metrics.image_bytes.Increment(static_cast<double>(encoded.size()));

  const absl::Status decoded_status = Decode(encoded, environment_.decode, &image_);
  const TimePoint decoded = environment_.clock();
  SetDuration(decoded - taken, *timings.mutable_decode());
  metrics.decode.Observe(Seconds(decoded - taken));
  if (!decoded_status.ok()) {
    call.AnswerError(job.index, decoded_status);
    return false;
  }

  call.model()->preprocessor.Run(image_, &scratch_, input);
  const TimePoint preprocessed = environment_.clock();
  SetDuration(preprocessed - decoded, *timings.mutable_preprocess());
  metrics.preprocess.Observe(Seconds(preprocessed - decoded));
  if (image_.bgr.capacity() > kKeptImageBytes) {
    image_ = Image();
    scratch_ = Preprocessor::Scratch();
  }
  return true;
}

void Executor::RunRows(ModelPlans& plans, Plan& plan) {
  int alive = 0;
  for (ImageJob& job : rows_) {
    if (const Fate fate = job.call->fate(); fate != Fate::kAlive) {
      job.call->Drop(fate);
      job.call = nullptr;
    } else {
      ++alive;
    }
  }
  if (alive == 0) return;

  // One image alone is done sooner by all cores together.
  const bool wide = rows_.size() == 1 && plans.wide() != nullptr && environment_.queue.TryWiden();
  Plan& runner = wide ? *plans.wide() : plan;
  if (wide) std::ranges::copy(plans.InputRow(plan, 0), runner.input().begin());
  const TimePoint start = environment_.clock();
  runner.Run();
  const Duration inference = environment_.clock() - start;
  if (wide) environment_.queue.Narrow();

  bool counted = false;
  for (size_t row = 0; row < rows_.size(); ++row) {
    const ImageJob& job = rows_[row];
    if (job.call == nullptr) continue;
    ModelMetrics& metrics = job.call->model_metrics();
    if (!std::exchange(counted, true)) metrics.batch_size.Observe(alive);
    metrics.inference.Observe(Seconds(inference));
    v1::StageTimings& timings = *job.call->result(job.index).mutable_timings();
    SetDuration(inference, *timings.mutable_inference());
    timings.set_batch_size(alive);
    WriteClasses(job, plans.LogitsRow(runner, row));
  }
}

void Executor::WriteClasses(const ImageJob& job, std::span<const float> logits) {
  ClassifyCall& call = *job.call;
  probabilities_.resize(logits.size());
  Softmax(logits, probabilities_);
  TopK(probabilities_, call.top_k(), top_);
  if (!std::isfinite(probabilities_[static_cast<size_t>(top_.front())])) {
    call.AnswerError(job.index, absl::InternalError("the network's output is not a number"));
    return;
  }
  v1::Classification& classification = *call.result(job.index).mutable_classification();
  classification.mutable_classes()->Reserve(static_cast<int>(top_.size()));
  for (const int index : top_) {
    v1::ClassScore& score = *classification.add_classes();
    score.set_index(index);
    score.set_label(call.model()->label_names[static_cast<size_t>(index)]);
    score.set_probability(probabilities_[static_cast<size_t>(index)]);
  }
  call.Answer();
}

}  // namespace avocet
