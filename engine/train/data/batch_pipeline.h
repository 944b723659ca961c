// The threads and the memory behind a DataLoader.
#ifndef AVOCET_ENGINE_TRAIN_DATA_BATCH_PIPELINE_H_
#define AVOCET_ENGINE_TRAIN_DATA_BATCH_PIPELINE_H_

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/train/data/batch.h"
#include "engine/train/data/batch_maker.h"
#include "engine/train/data/epoch_order.h"

namespace avocet {

// A ring of batches in the making. The unit of work is a row: whoever is free takes the next row of
// the earliest batch that has one, and who finishes a batch's last row completes it. The caller of
// Next() takes rows of its batch too instead of only waiting.
class BatchPipeline {
 public:
  BatchPipeline(std::unique_ptr<BatchMaker> maker, int threads, int prefetch_batches);
  ~BatchPipeline();
  BatchPipeline(const BatchPipeline&) = delete;
  BatchPipeline& operator=(const BatchPipeline&) = delete;

  void Start(std::uint32_t epoch, std::int64_t first_batch);
  absl::StatusOr<const Batch*> Next();

  const BatchMaker& maker() const { return *maker_; }

 private:
  struct Slot {
    BatchMaker::Work work;
    std::int64_t number = -1;  // of the batch; -1: empty
    std::int64_t rows = 0;     // to be made; completing may leave fewer in the batch
    std::int64_t taken = 0;    // rows that somebody works on or has finished
    std::int64_t finished = 0;
    bool complete = false;
    absl::Status status;  // when it is complete
  };

  void RunThread();
  // The earliest slot with a row that nobody has taken. Needs mutex_.
  Slot* FindWork();
  // Makes one row of a slot, and completes the batch after the last. Holds `lock` on the way in and
  // out.
  void MakeRow(Slot* slot, BatchMaker::Scratch* scratch, std::unique_lock<std::mutex>* lock);
  // Gives an empty slot the next batch, if there is one. Needs mutex_.
  void Assign(Slot* slot);

  const std::unique_ptr<BatchMaker> maker_;
  BatchMaker::Scratch caller_scratch_;

  std::mutex mutex_;
  std::condition_variable work_;      // there are rows to take, or the end
  std::condition_variable progress_;  // a batch is complete, or nobody is at work
  std::vector<Slot> slots_;           // batch b is in slot b mod size; guarded, as all below
  std::optional<EpochOrder> order_;
  std::uint32_t epoch_ = 0;
  std::int64_t next_to_assign_ = 0;
  std::int64_t next_to_return_ = 0;
  Slot* in_use_ = nullptr;  // by the caller
  int at_work_ = 0;         // rows being made
  bool paused_ = true;      // nobody takes rows
  bool stop_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_DATA_BATCH_PIPELINE_H_
