// The threads that classify.
#ifndef AVOCET_SERVER_EXECUTOR_POOL_H_
#define AVOCET_SERVER_EXECUTOR_POOL_H_

#include <memory>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "server/executor.h"

namespace avocet {

// As many executors as the queue was made for, each on a thread of its own.
class ExecutorPool {
 public:
  // Measures what batches cost, on the calling thread while the others do not exist yet; then
  // starts the executors and returns when all of them have compiled their plans. Batches have at
  // most `max_batch_size` images. `environment` outlives the pool. On error the queue is closed,
  // and what it holds is answered with UNAVAILABLE.
  static absl::StatusOr<std::unique_ptr<ExecutorPool>> Start(
      const Executor::Environment& environment, int max_batch_size);

  // Closes the queue and waits until what it holds is answered.
  ~ExecutorPool();

 private:
  explicit ExecutorPool(ImageQueue& queue) : queue_(queue) {}

  ImageQueue& queue_;
  std::vector<std::jthread> threads_;
};

}  // namespace avocet

#endif  // AVOCET_SERVER_EXECUTOR_POOL_H_
