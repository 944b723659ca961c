#include "server/executor.h"

#include <google/protobuf/duration.pb.h>

#include <algorithm>
#include <array>
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

absl::Status Executor::Prepare(const Schedules& schedules) {
  const std::shared_ptr<const ModelTable> table = environment_.registry.Current();
  for (const ModelTable::Entry& entry : table->entries()) {
    RETURN_IF_ERROR(Compile(entry.model, schedules.at(entry.model.get())));
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
  return prepared == prepared_.end() ? 1 : prepared->second.largest_batch_size();
}

void Executor::FollowRegistry() {
  std::erase_if(prepared_, [](const auto& prepared) { return prepared.first.expired(); });
  const std::shared_ptr<const ModelTable> table = environment_.registry.Current();
  for (const ModelTable::Entry& entry : table->entries()) {
    if (prepared_.contains(entry.model)) continue;
    if (std::optional<ModelPlans> plans = environment_.shelf.Take(entry.model)) {
      prepared_.emplace(entry.model, *std::move(plans));
    }
  }
}

absl::Status Executor::Compile(const std::shared_ptr<const ServedModel>& model,
                               BatchSchedule schedule) {
  ASSIGN_OR_RETURN(ModelPlans plans,
                   ModelPlans::Compile(*model, std::move(schedule), environment_.wide_threads));
  prepared_.insert_or_assign(model, std::move(plans));
  return absl::OkStatus();
}

absl::StatusOr<ModelPlans*> Executor::PlansFor(const std::shared_ptr<const ServedModel>& model) {
  auto prepared = prepared_.find(model);
  if (prepared == prepared_.end()) {
    if (std::optional<ModelPlans> plans = environment_.shelf.Take(model)) {
      prepared = prepared_.emplace(model, *std::move(plans)).first;
    } else {
      const std::array single = {BatchCost{.batch_size = 1}};
      RETURN_IF_ERROR(Compile(model, BatchSchedule::FromCosts(single)));
      prepared = prepared_.find(model);
    }
  }
  return &prepared->second;
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
