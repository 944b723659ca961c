#include "tests/benchmark/executors.h"

#include <algorithm>

#include "tests/reference/golden.h"

namespace avocet {

void SpinBarrier::ArriveAndWait() {
  const int round = round_;
  if (++arrived_ == count_) {
    arrived_ = 0;
    ++round_;
    return;
  }
  while (round_ == round) {
  }
}

Executors::Executors(std::span<const std::unique_ptr<InferencePlan>> plans, int batch)
    : plans_(plans),
      batch_(batch),
      pixels_(NamedValues("pixels", plans.front()->input().size())),
      line_(static_cast<int>(plans.size())) {
  for (std::size_t i = 1; i < plans_.size(); ++i) {
    threads_.emplace_back([this, i] {
      while (Meet()) RunShare(i);
    });
  }
}

Executors::~Executors() {
  stopping_ = true;
  line_.ArriveAndWait();
  for (std::thread& thread : threads_) thread.join();
}

void Executors::Run() {
  line_.ArriveAndWait();
  RunShare(0);
}

bool Executors::Meet() {
  line_.ArriveAndWait();
  return !stopping_;
}

void Executors::RunShare(std::size_t executor) {
  InferencePlan& plan = *plans_[executor];
  const int images = batch_ / static_cast<int>(plans_.size());
  for (int done = 0; done < images; done += plan.batch_size()) {
    // Running overwrites the input. The peers copy theirs, too.
    std::ranges::copy(pixels_, plan.input().begin());
    plan.Run();
  }
  line_.ArriveAndWait();
}

}  // namespace avocet
