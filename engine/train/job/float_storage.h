// Many numbers, in memory or in a file.
#ifndef AVOCET_ENGINE_TRAIN_JOB_FLOAT_STORAGE_H_
#define AVOCET_ENGINE_TRAIN_JOB_FLOAT_STORAGE_H_

#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "engine/train/job/memory_budget.h"

namespace avocet {

class FloatStorage {
 public:
  // Zeros, in memory if `memory` has room for them. Else they are in a file without a name in
  // `folder` (or in $TMPDIR, where no file can be made there), which is gone with the process; its
  // space is reserved now, so that RESOURCE_EXHAUSTED comes here and not as a signal later.
  static absl::StatusOr<std::unique_ptr<FloatStorage>> Create(std::size_t count,
                                                              MemoryBudget& memory,
                                                              const std::string& folder);
  ~FloatStorage();
  FloatStorage(const FloatStorage&) = delete;
  FloatStorage& operator=(const FloatStorage&) = delete;

  std::span<float> values() { return {data_, count_}; }

 private:
  FloatStorage(float* data, std::size_t count) : data_(data), count_(count) {}

  float* data_;
  std::size_t count_;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_JOB_FLOAT_STORAGE_H_
