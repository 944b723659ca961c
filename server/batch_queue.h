// The one queue between the network and the executors.
#ifndef AVOCET_SERVER_BATCH_QUEUE_H_
#define AVOCET_SERVER_BATCH_QUEUE_H_

#include <algorithm>
#include <concepts>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <iterator>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "engine/base/check.h"

namespace avocet {

// What the queue asks of a job.
template <typename Job>
concept Batchable = std::movable<Job> && requires(const Job& job) {
  // Jobs of the same model may run together.
  { job.model() } -> std::convertible_to<const void*>;
  // Nobody waits for the result any more. Called with the queue locked.
  { job.IsDead() } -> std::convertible_to<bool>;
};

// A bounded queue from which free executors take batches at once: no timer. On a CPU a batch costs
// about what its images cost one by one, so waiting for company buys nothing; batches form by
// themselves while all executors are busy. Thread-safe.
template <Batchable Job>
class BatchQueue {
 public:
  // `capacity`: the most jobs that may wait. `executors`: how many threads will call `Pop`.
  BatchQueue(int capacity, int executors) : capacity_(capacity), executors_(executors) {
    AVOCET_CHECK(capacity > 0 && executors > 0);
  }

  // Accepts all of `jobs` (moved from) or none. Before refusing, moves waiting jobs that nobody
  // waits for any more to `dead`, for the caller to finish. Errors: RESOURCE_EXHAUSTED when they do
  // not fit, UNAVAILABLE after `Close`.
  absl::Status TryPush(std::span<Job> jobs, std::vector<Job>& dead) {
    {
      const std::lock_guard lock(mutex_);
      if (closed_) return absl::UnavailableError("the server is shutting down; retry elsewhere");
      const size_t capacity = static_cast<size_t>(capacity_);
      if (jobs_.size() + jobs.size() > capacity) MoveDeadTo(dead);
      if (jobs_.size() + jobs.size() > capacity) {
        return absl::ResourceExhaustedError(
            absl::StrCat("the queue is full: ", jobs_.size(), " images wait, its capacity is ",
                         capacity, ", and the request has ", jobs.size(), "; retry later"));
      }
      jobs_.insert(jobs_.end(), std::make_move_iterator(jobs.begin()),
                   std::make_move_iterator(jobs.end()));
    }
    jobs.size() == 1 ? ready_.notify_one() : ready_.notify_all();
    return absl::OkStatus();
  }

  // Waits for jobs and moves min(max_batch_size(head), ceil(waiting / idle executors)) of them, all
  // of the head's model and in order of arrival, to `batch`. Returns false, once and for all, when
  // the queue is closed and empty.
  template <std::invocable<const Job&> MaxBatchSize>
  bool Pop(MaxBatchSize max_batch_size, std::vector<Job>& batch) {
    return PopUnlessInterrupted(max_batch_size, batch, nullptr);
  }

  // The same, but returns true with an empty batch, before it takes a job, while `interrupts` is
  // behind the number of calls of `Interrupt`; then it is not any more.
  template <std::invocable<const Job&> MaxBatchSize>
  bool Pop(MaxBatchSize max_batch_size, std::vector<Job>& batch, int& interrupts) {
    return PopUnlessInterrupted(max_batch_size, batch, &interrupts);
  }

  // Makes every executor look up from `Pop`.
  void Interrupt() {
    {
      const std::lock_guard lock(mutex_);
      ++interrupts_;
    }
    ready_.notify_all();
  }
  // Asks for all cores on behalf of an executor that holds a batch. Granted only while nothing
  // waits and every other executor is idle; then the others take no job until `Narrow`.
  bool TryWiden() {
    const std::lock_guard lock(mutex_);
    if (widened_ || !jobs_.empty() || idle_ != executors_ - 1) return false;
    widened_ = true;
    return true;
  }

  // Gives back what `TryWiden` granted.
  void Narrow() {
    {
      const std::lock_guard lock(mutex_);
      AVOCET_CHECK(widened_);
      widened_ = false;
    }
    ready_.notify_all();
  }

  // Refuses further jobs; what was accepted can still be popped.
  void Close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    ready_.notify_all();
  }

  // How many jobs wait.
  int depth() const {
    const std::lock_guard lock(mutex_);
    return static_cast<int>(jobs_.size());
  }

  // How many of them nobody waits for any more.
  int CountDead() const {
    const std::lock_guard lock(mutex_);
    return static_cast<int>(std::ranges::count_if(jobs_, &Job::IsDead));
  }

  // How many executors are in `Pop`, waiting.
  int idle_executors() const {
    const std::lock_guard lock(mutex_);
    return idle_;
  }

  int capacity() const { return capacity_; }
  int executors() const { return executors_; }

 private:
  template <std::invocable<const Job&> MaxBatchSize>
  bool PopUnlessInterrupted(MaxBatchSize& max_batch_size, std::vector<Job>& batch,
                            int* interrupts) {
    batch.clear();
    std::unique_lock lock(mutex_);
    ++idle_;
    const auto interrupted = [&] { return interrupts != nullptr && *interrupts != interrupts_; };
    ready_.wait(lock, [&] { return !widened_ && (closed_ || !jobs_.empty() || interrupted()); });
    const size_t idle = static_cast<size_t>(idle_--);
    if (interrupted()) {
      *interrupts = interrupts_;
      // It may have been woken for a job.
      const bool pass_on = !jobs_.empty() && idle_ > 0;
      lock.unlock();
      if (pass_on) ready_.notify_one();
      return true;
    }
    if (jobs_.empty()) return false;
    const size_t share = (jobs_.size() + idle - 1) / idle;
    Take(std::min(share, static_cast<size_t>(max_batch_size(jobs_.front()))), batch);
    const bool more = !jobs_.empty() && idle_ > 0;
    lock.unlock();
    if (more) ready_.notify_one();
    return true;
  }

  void Take(size_t count, std::vector<Job>& batch) {
    const void* const model = jobs_.front().model();
    for (auto job = jobs_.begin(); job != jobs_.end() && batch.size() < count;) {
      if (job->model() == model) {
        batch.push_back(std::move(*job));
        job = jobs_.erase(job);
      } else {
        ++job;
      }
    }
  }

  void MoveDeadTo(std::vector<Job>& dead) {
    const auto first_dead = std::stable_partition(jobs_.begin(), jobs_.end(),
                                                  [](const Job& job) { return !job.IsDead(); });
    dead.insert(dead.end(), std::make_move_iterator(first_dead),
                std::make_move_iterator(jobs_.end()));
    jobs_.erase(first_dead, jobs_.end());
  }

  const int capacity_;
  const int executors_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Job> jobs_;
  int idle_ = 0;  // executors inside `Pop`
  bool widened_ = false;
  bool closed_ = false;
  int interrupts_ = 0;  // calls of `Interrupt`
};

}  // namespace avocet

#endif  // AVOCET_SERVER_BATCH_QUEUE_H_
