#include "engine/train/data/epoch_order.h"

#include <algorithm>
#include <numeric>

#include "engine/base/check.h"
#include "engine/train/data/random.h"

namespace avocet {

std::int64_t EpochOrder::TrainingBatches(std::int64_t samples, std::int64_t batch_size) {
  return std::max<std::int64_t>(1, samples / batch_size);
}

std::int64_t EpochOrder::EvaluationBatches(std::int64_t samples, std::int64_t batch_size) {
  return (samples + batch_size - 1) / batch_size;
}

EpochOrder EpochOrder::Evaluation(std::int64_t samples, std::int64_t batch_size) {
  AVOCET_CHECK(samples >= 1 && batch_size >= 1);
  EpochOrder order;
  order.batch_size_ = batch_size;
  order.batches_ = EvaluationBatches(samples, batch_size);
  order.rows_ = samples;
  order.order_.resize(static_cast<std::size_t>(samples));
  std::iota(order.order_.begin(), order.order_.end(), 0);
  return order;
}

EpochOrder EpochOrder::Training(std::int64_t samples, std::int64_t batch_size, std::uint64_t seed,
                                std::uint32_t epoch) {
  EpochOrder order = Evaluation(samples, batch_size);
  order.batches_ = TrainingBatches(samples, batch_size);
  order.rows_ = order.batches_ * batch_size;
  Random random(seed, RandomPurpose::kOrder, epoch, /*index=*/0);
  Shuffle(&random, &order.order_);
  return order;
}

EpochOrder::Rows EpochOrder::RowsOf(std::int64_t batch, Shard shard) const {
  const std::int64_t share = batch_size_ / shard.world;
  const std::int64_t begin = batch * batch_size_ + shard.rank * share;
  return {std::min(begin, rows_), std::min(begin + share, rows_)};
}

}  // namespace avocet
