// Which batch sizes are worth a compiled plan, and how a batch is cut into them.
#ifndef AVOCET_ENGINE_TUNING_BATCH_SCHEDULE_H_
#define AVOCET_ENGINE_TUNING_BATCH_SCHEDULE_H_

#include <span>
#include <string>
#include <vector>

#include "engine/tuning/plan_costs.h"

namespace avocet {

// Immutable; safe to share.
class BatchSchedule {
 public:
  // Keeps size 1 and every larger size that costs at least 5 % less than the best way to run as
  // many images with the smaller sizes kept: a plan has memory and a batch delays its first image,
  // so a tie is not worth it. `costs` is sorted by size and starts with size 1.
  static BatchSchedule FromCosts(std::span<const BatchCost> costs);

  // Keeps size 1 and `sizes`, whatever they cost. Runs no plan with rows to spare.
  static BatchSchedule Pinned(std::span<const int> sizes);

  // The sizes kept, smallest first.
  std::span<const int> sizes() const { return sizes_; }
  int largest() const { return sizes_.back(); }

  // The plan to run next when `images` (1 or more) are at hand: the first step of their cheapest
  // split into the sizes kept. It may be larger than `images`, where one larger run is cheaper than
  // several small ones.
  int Next(int images) const;

  // One line for the log: "1: 9.8 ms, 2: 19.4 ms (9.7 ms an image); keeps 1"; without the costs
  // where none were measured.
  std::string DebugString() const;

 private:
  std::vector<BatchCost> costs_;
  std::vector<int> sizes_;
  std::vector<int> next_;  // by number of images, up to the largest size
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_TUNING_BATCH_SCHEDULE_H_
