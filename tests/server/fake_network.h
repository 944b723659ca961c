// A network whose answers, speed and progress the test decides.
#ifndef AVOCET_TESTS_SERVER_FAKE_NETWORK_H_
#define AVOCET_TESTS_SERVER_FAKE_NETWORK_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <ostream>
#include <string>
#include <vector>

#include "engine/base/plan.h"
#include "server/clock.h"
#include "server/served_model.h"

namespace avocet::testing {

// Moves only when told to. Thread-safe.
class FakeClock {
 public:
  ServerClock clock() {
    return [this] { return TimePoint(Duration(now_.load())); };
  }
  void Advance(std::chrono::nanoseconds by) { now_ += by.count(); }

 private:
  // Far from zero, so that no deadline lies before the epoch.
  std::atomic<std::int64_t> now_ = std::chrono::nanoseconds(std::chrono::hours(1'000'000)).count();
};

// Makes plans that recognise the pictures of `Picture`, and keeps book about them. Thread-safe.
class FakeNetwork {
 public:
  static constexpr int kClasses = 10;
  static constexpr int kSide = 8;
  static constexpr int kLargestSide = 64;

  struct Run {
    int batch_size = 0;  // of the plan
    int threads = 0;
    int side = kSide;  // pixels
    bool operator==(const Run&) const = default;
    friend std::ostream& operator<<(std::ostream& out, const Run& run) {
      return out << "batch of " << run.batch_size << " on " << run.threads << " threads, "
                 << run.side << " pixels";
    }
  };

  explicit FakeNetwork(FakeClock& clock) : clock_(clock) {}

  // How long a run takes on the fake clock, on one thread. By default most of it does not depend on
  // the batch size, so that batches are worth their plans.
  void SetCost(std::function<Duration(int batch_size)> cost);
  // Called from now on whenever an executor asks where to write the next image.
  void SetOnInput(std::function<void()> on_input);
  // What every logit is, instead of the recognised picture, if set.
  std::atomic<bool> answers_nan = false;

  // Whether more threads are faster.
  std::atomic<bool> threads_help = true;
  // Called from now on before a plan is compiled; an error is what compiling it gives.
  void SetOnCompile(std::function<absl::Status(const Run&)> on_compile);

  PlanFactory factory(int side = kSide);
  // A model named `name` that computes with this network, of images of up to kLargestSide too.
  std::shared_ptr<const ServedModel> Model(const std::string& name, std::int64_t version = 1);

  // From now on runs wait, until `Release`.
  void Hold();
  void Release();
  // Waits until `count` runs are held.
  void WaitUntilHeld(int count);

  // Forgets the runs so far, i.e. those of the warm-up.
  void ForgetRuns();
  // Begun, in order.
  std::vector<Run> runs() const;
  int compiled_plans() const { return plans_; }       // that are alive
  int compilations() const { return compilations_; }  // all in all

 private:
  class FakePlan;
  void Enter(const Run& run);
  void AskForInput();

  FakeClock& clock_;
  std::atomic<int> plans_ = 0;
  std::atomic<int> compilations_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::function<Duration(int batch_size)> cost_ = [](int batch_size) {
    return std::chrono::microseconds(1000 + 100 * batch_size);
  };
  std::function<void()> on_input_ = [] {};
  std::function<absl::Status(const Run&)> on_compile_ = [](const Run&) { return absl::OkStatus(); };
  std::vector<Run> runs_;
  bool holding_ = false;
  int held_ = 0;
};

// An encoded image that the fake network puts into class `label`, 0 to 9.
std::string Picture(int label);

}  // namespace avocet::testing

#endif  // AVOCET_TESTS_SERVER_FAKE_NETWORK_H_
