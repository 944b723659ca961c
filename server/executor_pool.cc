#include "server/executor_pool.h"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <future>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/process_metrics.h"

namespace avocet {
namespace {

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
    const Executor::Environment& environment, const PlanPolicy& policy, Tuner& tuner) {
  const int64_t resident_before = ResidentBytes();
  const int executors = environment.queue.executors();
  std::unique_ptr<ExecutorPool> pool(new ExecutorPool(environment.queue));
  std::vector<std::future<absl::Status>> prepared;
  for (int i = 0; i < executors; ++i) {
    pool->inboxes_.push_back(std::make_shared<PlanInbox>());
    std::promise<absl::Status> promise;
    prepared.push_back(promise.get_future());
    pool->threads_.emplace_back(
        [&environment, inbox = pool->inboxes_.back(), i, promise = std::move(promise)]() mutable {
          pthread_setname_np(pthread_self(), absl::StrCat("executor-", i).c_str());
          Executor executor(environment, std::move(inbox));
          const absl::Status status = executor.Prepare();
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
  spdlog::info("{} executors are ready; their first plans take {:.1f} MB", executors,
               static_cast<double>(ResidentBytes() - resident_before) / 1e6);
  pool->builder_ =
      std::make_unique<PlanBuilder>(policy, environment.wide_threads, tuner, pool->inboxes_,
                                    [&queue = environment.queue] { queue.Interrupt(); });
  const std::shared_ptr<const ModelTable> table = environment.registry.Current();
  for (const ModelTable::Entry& entry : table->entries()) pool->builder_->Enqueue(entry.model);
  return pool;
}

ExecutorPool::~ExecutorPool() { queue_.Close(); }

}  // namespace avocet
