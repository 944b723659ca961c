#include "engine/train/mpi/mpi_group.h"

#include <mpi.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "engine/base/check.h"

namespace avocet {
namespace {

// MPI counts elements in an int.
constexpr std::size_t kMostElements = std::size_t{1} << 30;

template <typename T>
void SumInPlace(std::span<T> values, MPI_Datatype type) {
  while (!values.empty()) {
    const std::span<T> part = values.first(std::min(values.size(), kMostElements));
    MPI_Allreduce(MPI_IN_PLACE, part.data(), static_cast<int>(part.size()), type, MPI_SUM,
                  MPI_COMM_WORLD);
    values = values.subspan(part.size());
  }
}

}  // namespace

MpiGroup::MpiGroup() : thread_([this] { Run(); }) {
  Enqueue([this] {
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &size_);
  });
  Wait();
}

MpiGroup::~MpiGroup() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void MpiGroup::Run() {
  int provided = 0;
  // The thread that initialises MPI is the one that may call it.
  MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided);
  AVOCET_CHECK(provided >= MPI_THREAD_FUNNELED);
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return closing_ || !calls_.empty(); });
    if (calls_.empty()) break;
    const std::function<void()> call = std::move(calls_.front());
    calls_.pop_front();
    lock.unlock();
    call();
    lock.lock();
    ++finished_;
    changed_.notify_all();
  }
  lock.unlock();
  MPI_Finalize();
}

void MpiGroup::Enqueue(std::function<void()> call) {
  {
    const std::lock_guard lock(mutex_);
    calls_.push_back(std::move(call));
    ++asked_;
  }
  changed_.notify_all();
}

void MpiGroup::Wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return finished_ == asked_; });
}

void MpiGroup::StartSum(std::span<float> values) {
  Enqueue([values] { SumInPlace(values, MPI_FLOAT); });
}

void MpiGroup::Sum(std::span<float> values) {
  StartSum(values);
  Wait();
}

void MpiGroup::Sum(std::span<double> values) {
  Enqueue([values] { SumInPlace(values, MPI_DOUBLE); });
  Wait();
}

void MpiGroup::Abort(const std::string& reason) {
  std::fprintf(stderr, "rank %d: %s; all %d processes end\n", rank_, reason.c_str(), size_);
  std::fflush(stderr);
  // The thread may be inside a sum that the others will never join. Then the launcher ends them, as
  // it does when a process leaves without finalising MPI.
  Enqueue([] { MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE); });
  std::this_thread::sleep_for(std::chrono::seconds(2));
  _exit(EXIT_FAILURE);
}

}  // namespace avocet
