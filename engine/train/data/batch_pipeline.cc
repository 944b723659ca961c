#include "engine/train/data/batch_pipeline.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <utility>

#include "engine/base/check.h"
#include "engine/base/status.h"

namespace avocet {
namespace {

constexpr int kLowestPriority = 19;

// The threads of the step go first: they wait for each other after every operator, so a core taken
// from one of them stops all. Linux keeps priorities by thread. Failing to lower it harms nothing.
void LowerPriority() {
  static_cast<void>(
      setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), kLowestPriority));
}

}  // namespace

BatchPipeline::BatchPipeline(std::unique_ptr<BatchMaker> maker, int threads, int prefetch_batches)
    : maker_(std::move(maker)) {
  AVOCET_CHECK(threads >= 0 && prefetch_batches >= 0);
  // Without threads nothing is made ahead.
  slots_.resize(threads == 0 ? 1 : static_cast<std::size_t>(prefetch_batches) + 1);
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { RunThread(); });
}

BatchPipeline::~BatchPipeline() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  work_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void BatchPipeline::Start(std::uint32_t epoch, std::int64_t first_batch) {
  EpochOrder order = maker_->Order(epoch);
  std::unique_lock lock(mutex_);
  paused_ = true;
  progress_.wait(lock, [this] { return at_work_ == 0; });
  order_ = std::move(order);
  epoch_ = epoch;
  next_to_assign_ = next_to_return_ = first_batch;
  in_use_ = nullptr;
  for (Slot& slot : slots_) slot.number = -1;
  for (std::size_t i = 0; i < slots_.size(); ++i)
    Assign(&slots_[static_cast<std::size_t>(next_to_assign_) % slots_.size()]);
  paused_ = false;
  lock.unlock();
  work_.notify_all();
}

void BatchPipeline::Assign(Slot* slot) {
  slot->number = -1;
  if (next_to_assign_ >= order_->batches()) return;
  slot->number = next_to_assign_++;
  slot->taken = slot->finished = 0;
  slot->complete = false;
  maker_->Prepare(*order_, slot->number, &slot->work);
  slot->rows = slot->work.batch.rows;
}

absl::StatusOr<const Batch*> BatchPipeline::Next() {
  std::unique_lock lock(mutex_);
  AVOCET_CHECK(order_.has_value());
  if (in_use_ != nullptr) {
    Assign(in_use_);
    in_use_ = nullptr;
    work_.notify_all();
  }
  if (next_to_return_ >= order_->batches()) return nullptr;
  Slot* slot = &slots_[static_cast<std::size_t>(next_to_return_) % slots_.size()];
  AVOCET_CHECK(slot->number == next_to_return_);
  while (!slot->complete) {
    if (slot->taken < slot->rows || slot->rows == 0) {
      MakeRow(slot, &caller_scratch_, &lock);
    } else {
      progress_.wait(lock);
    }
  }
  ++next_to_return_;
  in_use_ = slot;
  RETURN_IF_ERROR(slot->status);
  return &slot->work.batch;
}

BatchPipeline::Slot* BatchPipeline::FindWork() {
  if (paused_ || !order_.has_value()) return nullptr;
  Slot* earliest = nullptr;
  for (Slot& slot : slots_) {
    if (slot.number < 0 || slot.taken >= slot.rows) continue;
    if (earliest == nullptr || slot.number < earliest->number) earliest = &slot;
  }
  return earliest;
}

void BatchPipeline::MakeRow(Slot* slot, BatchMaker::Scratch* scratch,
                            std::unique_lock<std::mutex>* lock) {
  const std::int64_t rows = slot->rows;
  const std::uint32_t epoch = epoch_;
  ++at_work_;
  if (rows > 0) {
    const std::int64_t row = slot->taken++;
    lock->unlock();
    maker_->MakeRow(*order_, epoch, row, scratch, &slot->work);
    lock->lock();
    ++slot->finished;
  }
  if (slot->finished == rows) {
    const std::int64_t number = slot->number;
    lock->unlock();
    absl::Status status = maker_->Complete(epoch, number, &slot->work);
    lock->lock();
    slot->status = std::move(status);
    slot->complete = true;
  }
  --at_work_;
  progress_.notify_all();
}

void BatchPipeline::RunThread() {
  LowerPriority();
  BatchMaker::Scratch scratch;
  std::unique_lock lock(mutex_);
  for (;;) {
    Slot* slot = nullptr;
    work_.wait(lock, [&] { return stop_ || (slot = FindWork()) != nullptr; });
    if (stop_) return;
    MakeRow(slot, &scratch, &lock);
  }
}

}  // namespace avocet
