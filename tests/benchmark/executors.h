// A batch shared among plans, as the server runs one.
#ifndef AVOCET_TESTS_BENCHMARK_EXECUTORS_H_
#define AVOCET_TESTS_BENCHMARK_EXECUTORS_H_

#include <atomic>
#include <cstddef>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "engine/onednn/inference_plan.h"

namespace avocet {

// Threads that meet here go on together; they spin, as a team of OpenMP does.
class SpinBarrier {
 public:
  explicit SpinBarrier(int count) : count_(count) {}

  // Returns when `count` threads have arrived.
  void ArriveAndWait();

 private:
  const int count_;
  std::atomic<int> arrived_ = 0;
  std::atomic<int> round_ = 0;
};

// Executors, each with a plan of its own, share the images of a batch. The first one is the calling
// thread; the threads of the others spin between batches as long as this object lives. `plans`
// outlive it.
class Executors {
 public:
  // `batch` images: several times the images that the plans take together.
  Executors(std::span<const std::unique_ptr<InferencePlan>> plans, int batch);
  ~Executors();
  Executors(const Executors&) = delete;
  Executors& operator=(const Executors&) = delete;

  // Computes the batch once.
  void Run();

 private:
  // Returns false when there is nothing more to run.
  bool Meet();
  void RunShare(std::size_t executor);

  const std::span<const std::unique_ptr<InferencePlan>> plans_;
  const int batch_;
  const std::vector<float> pixels_;  // of the images that a plan takes together
  std::atomic<bool> stopping_ = false;
  SpinBarrier line_;
  std::vector<std::thread> threads_;
};

}  // namespace avocet

#endif  // AVOCET_TESTS_BENCHMARK_EXECUTORS_H_
