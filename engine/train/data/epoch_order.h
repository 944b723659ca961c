// Which sample is in which row of which batch.
#ifndef AVOCET_ENGINE_TRAIN_DATA_EPOCH_ORDER_H_
#define AVOCET_ENGINE_TRAIN_DATA_EPOCH_ORDER_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace avocet {

// How batches are divided among processes: each rank takes an equal run of every batch's rows.
struct Shard {
  int rank = 0;
  int world = 1;
};

// The order of one epoch, the same for every rank.
class EpochOrder {
 public:
  // In training the samples are shuffled by seed and epoch, and all batches have `batch_size` rows:
  // the samples that are left over at the end wait for another epoch, and a set smaller than a
  // batch is gone through again to fill it. Otherwise the order is that of the data set, and the
  // last batch has what is left. `samples` is at least 1.
  static EpochOrder Training(std::int64_t samples, std::int64_t batch_size, std::uint64_t seed,
                             std::uint32_t epoch);
  static EpochOrder Evaluation(std::int64_t samples, std::int64_t batch_size);

  // Of a whole epoch.
  static std::int64_t TrainingBatches(std::int64_t samples, std::int64_t batch_size);
  static std::int64_t EvaluationBatches(std::int64_t samples, std::int64_t batch_size);

  std::int64_t batches() const { return batches_; }
  // The positions [first, end) of this rank's rows of a batch, counted through the epoch.
  struct Rows {
    std::int64_t first;
    std::int64_t end;
  };
  Rows RowsOf(std::int64_t batch, Shard shard) const;
  // The sample at a position. Positions beyond the epoch's samples begin again.
  std::int64_t SampleAt(std::int64_t position) const {
    return order_[static_cast<std::size_t>(position) % order_.size()];
  }

 private:
  std::int64_t batch_size_ = 0;
  std::int64_t batches_ = 0;
  std::int64_t rows_ = 0;  // of all batches
  std::vector<std::int64_t> order_;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_DATA_EPOCH_ORDER_H_
