// Memory that several parts of a run have together.
#ifndef AVOCET_ENGINE_TRAIN_JOB_MEMORY_BUDGET_H_
#define AVOCET_ENGINE_TRAIN_JOB_MEMORY_BUDGET_H_

#include <cstddef>

namespace avocet {

// Who comes first takes first. For one thread.
class MemoryBudget {
 public:
  explicit MemoryBudget(std::size_t bytes) : left_(bytes) {}

  // False, and nothing is taken, if fewer bytes are left.
  bool Take(std::size_t bytes) {
    if (bytes > left_) return false;
    left_ -= bytes;
    return true;
  }

 private:
  std::size_t left_;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_JOB_MEMORY_BUDGET_H_
