// Plans that cost what a test says, on a clock that they move themselves.
#ifndef AVOCET_TESTS_TUNING_FAKE_PLANS_H_
#define AVOCET_TESTS_TUNING_FAKE_PLANS_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/plan.h"

namespace avocet {

class FakePlans {
 public:
  struct Run {
    std::string network;
    int batch_size = 0;
    int threads = 0;
    bool operator==(const Run&) const = default;
  };
  using Cost = std::function<Duration(int batch_size, int threads)>;

  ClockFunction clock() {
    return [this] { return now_; };
  }

  // Plans of a network whose runs take `cost`.
  PlanFactory Network(std::string name, Cost cost) {
    return [this, name = std::move(name), cost = std::move(cost)](
               int batch_size, int threads) -> absl::StatusOr<std::unique_ptr<Plan>> {
      return std::make_unique<FakePlan>(*this, Run{name, batch_size, threads},
                                        [=] { return cost(batch_size, threads); });
    };
  }

  // All that began, in order.
  std::vector<Run> runs;
  int alive = 0;  // plans

 private:
  class FakePlan : public Plan {
   public:
    FakePlan(FakePlans& plans, FakePlans::Run run, std::function<Duration()> cost)
        : plans_(plans), run_(std::move(run)), cost_(std::move(cost)) {
      ++plans_.alive;
    }
    ~FakePlan() override { --plans_.alive; }
    int batch_size() const override { return run_.batch_size; }
    std::span<float> input() override { return input_; }
    std::span<const float> logits() const override { return input_; }
    std::size_t arena_bytes() const override { return input_.size() * sizeof(float); }
    void Run() override {
      plans_.runs.push_back(run_);
      plans_.now_ += cost_();
    }

   private:
    FakePlans& plans_;
    const FakePlans::Run run_;
    const std::function<Duration()> cost_;
    std::vector<float> input_ = std::vector<float>(3);
  };

  TimePoint now_{};
};

}  // namespace avocet

#endif  // AVOCET_TESTS_TUNING_FAKE_PLANS_H_
