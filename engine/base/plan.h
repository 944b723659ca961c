// The seam between who serves images and who computes networks.
#ifndef AVOCET_ENGINE_BASE_PLAN_H_
#define AVOCET_ENGINE_BASE_PLAN_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <span>

#include "absl/status/statusor.h"

namespace avocet {

// A network ready to run for one batch size and thread count. Everything is allocated and compiled
// before the object exists, so running it cannot fail. Owned and run by one thread at a time, not
// necessarily the one that compiled it; distinct plans may run at the same time.
class Plan {
 public:
  virtual ~Plan() = default;

  virtual int batch_size() const = 0;
  // The caller writes normalised pixels here before `Run`: [N, H, W, 3], float32.
  virtual std::span<float> input() = 0;
  virtual void Run() = 0;
  // The result of the last `Run`: [N, classes].
  virtual std::span<const float> logits() const = 0;
  // Bytes of activations and scratch that this plan has for itself.
  virtual std::size_t arena_bytes() const = 0;
};

// Compiles a plan of `batch_size` images for `threads` threads on the calling thread. Thread-safe.
using PlanFactory =
    std::function<absl::StatusOr<std::unique_ptr<Plan>>(int batch_size, int threads)>;

}  // namespace avocet

#endif  // AVOCET_ENGINE_BASE_PLAN_H_
