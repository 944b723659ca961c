// The processes that mpirun started, as a Collective.
#ifndef AVOCET_ENGINE_TRAIN_MPI_MPI_GROUP_H_
#define AVOCET_ENGINE_TRAIN_MPI_MPI_GROUP_H_

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <thread>

#include "engine/train/mpi/join.h"

namespace avocet {

// Has a thread of its own, which makes all calls of MPI in the order in which they were asked for.
// An error inside MPI ends all processes, as MPI does by default. One object in the life of a
// process, since MPI can be initialised once.
class MpiGroup final : public ProcessGroup {
 public:
  // Waits until all processes have come.
  MpiGroup();
  // Finishes what was begun, and waits for the others to do the same: a process that fails calls
  // `Abort` instead.
  ~MpiGroup() override;

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  void Sum(std::span<float> values) override;
  void Sum(std::span<double> values) override;
  void StartSum(std::span<float> values) override;
  void Wait() override;
  [[noreturn]] void Abort(const std::string& reason) override;

 private:
  void Run();
  void Enqueue(std::function<void()> call);

  int rank_ = 0;
  int size_ = 1;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> calls_;
  std::int64_t asked_ = 0;     // calls, ever
  std::int64_t finished_ = 0;  // of them
  bool closing_ = false;
  std::thread thread_;
};

}  // namespace avocet

#endif  // AVOCET_ENGINE_TRAIN_MPI_MPI_GROUP_H_
