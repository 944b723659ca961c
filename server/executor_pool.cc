#include "server/executor_pool.h"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <future>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "server/process_metrics.h"

namespace avocet {
namespace {

absl::StatusOr<Schedules> MeasureSchedules(const Executor::Environment& environment,
                                           int max_batch_size) {
  Schedules schedules;
  const std::shared_ptr<const ModelTable> table = environment.registry.Current();
  for (const ModelTable::Entry& entry : table->entries()) {
    ASSIGN_OR_RETURN(BatchSchedule schedule,
                     MeasureSchedule(*entry.model, max_batch_size, environment.cost_clock));
    schedules.emplace(entry.model.get(), std::move(schedule));
  }
  return schedules;
}

// Waits for all, so that no thread is left with a dangling promise.
absl::Status FirstError(std::vector<std::future<absl::Status>>& results) {
  absl::Status first;
  for (std::future<absl::Status>& result : results) first.Update(result.get());
  return first;
}

void AbandonWaiting(ImageQueue& queue) {
  queue.Close();
  std::vector<ImageJob> batch;
  while (queue.Pop([](const ImageJob&) { return 1; }, batch)) {
    for (const ImageJob& job : batch) {
      job.call->Abandon(absl::UnavailableError("the server could not start"));
    }
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<ExecutorPool>> ExecutorPool::Start(
    const Executor::Environment& environment, int max_batch_size) {
  const absl::StatusOr<Schedules> schedules = MeasureSchedules(environment, max_batch_size);
  if (!schedules.ok()) {
    AbandonWaiting(environment.queue);
    return schedules.status();
  }
  const int64_t resident_before = ResidentBytes();
  const int executors = environment.queue.executors();
  std::unique_ptr<ExecutorPool> pool(new ExecutorPool(environment.queue));
  std::vector<std::future<absl::Status>> prepared;
  for (int i = 0; i < executors; ++i) {
    std::promise<absl::Status> promise;
    prepared.push_back(promise.get_future());
    pool->threads_.emplace_back(
        [&environment, &schedules = *schedules, i, promise = std::move(promise)]() mutable {
          pthread_setname_np(pthread_self(), absl::StrCat("executor-", i).c_str());
          Executor executor(environment);
          const absl::Status status = executor.Prepare(schedules);
          promise.set_value(status);
          if (status.ok()) executor.Run();
        });
  }
  if (const absl::Status status = FirstError(prepared); !status.ok()) {
    environment.queue.Close();
    pool->threads_.clear();
    AbandonWaiting(environment.queue);
    return status;
  }
  environment.metrics.executors().Set(executors);
  spdlog::info("{} executors are ready, {} threads for a lone image; their plans take {:.1f} MB",
               executors, environment.wide_threads,
               static_cast<double>(ResidentBytes() - resident_before) / 1e6);
  return pool;
}

ExecutorPool::~ExecutorPool() { queue_.Close(); }

}  // namespace avocet
