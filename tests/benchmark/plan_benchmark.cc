// Speed of one plan: images a second for a network, batch size and thread count, with random
// weights.
//
//   plan_benchmark tf_efficientnet_lite0 [--batch N] [--executors N] [--threads N] [--size S]
//   [--seconds S] [--steps]
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "engine/models/zoo.h"
#include "engine/onednn/inference_model.h"
#include "tests/reference/golden.h"

namespace {

using Clock = std::chrono::steady_clock;

double Seconds(Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

absl::StatusOr<std::unique_ptr<avocet::InferenceModel>> Create(const std::string& name, int& size) {
  const auto backbone = avocet::FindBackbone(name);
  if (!backbone.ok()) return backbone.status();
  if (size == 0) size = (*backbone)->image_size;
  const auto graph = (*backbone)->build({.height = size, .width = size});
  if (!graph.ok()) return graph.status();
  return avocet::InferenceModel::Create(*graph, avocet::NamedParameters(*graph));
}

// Threads that meet here go on together; they spin, as a team of OpenMP does.
class SpinBarrier {
 public:
  explicit SpinBarrier(int count) : count_(count) {}

  void arrive_and_wait() {
    const int round = round_;
    if (++arrived_ == count_) {
      arrived_ = 0;
      ++round_;
      return;
    }
    while (round_ == round) {
    }
  }

 private:
  const int count_;
  std::atomic<int> arrived_ = 0;
  std::atomic<int> round_ = 0;
};

// A batch as the server runs it: executors, each with a plan of its own, share its images.
class Executors {
 public:
  Executors(std::vector<std::unique_ptr<avocet::InferencePlan>> plans, int batch)
      : plans_(std::move(plans)),
        batch_(batch),
        pixels_(avocet::NamedValues("pixels", plans_.front()->input().size())),
        line_(static_cast<int>(plans_.size())) {
    for (std::size_t i = 1; i < plans_.size(); ++i) {
      threads_.emplace_back([this, i] {
        while (Meet()) RunShare(i);
      });
    }
  }

  ~Executors() {
    stopping_ = true;
    line_.arrive_and_wait();
    for (std::thread& thread : threads_) thread.join();
  }

  void Run() {
    line_.arrive_and_wait();
    RunShare(0);
  }

 private:
  bool Meet() {
    line_.arrive_and_wait();
    return !stopping_;
  }

  void RunShare(std::size_t executor) {
    avocet::InferencePlan& plan = *plans_[executor];
    const int images = batch_ / static_cast<int>(plans_.size());
    for (int done = 0; done < images; done += plan.batch_size()) {
      // Running overwrites the input. The peers copy theirs, too.
      std::copy(pixels_.begin(), pixels_.begin() + std::ssize(plan.input()), plan.input().begin());
      plan.Run();
    }
    line_.arrive_and_wait();
  }

  const std::vector<std::unique_ptr<avocet::InferencePlan>> plans_;
  const int batch_;
  const std::vector<float> pixels_;
  std::atomic<bool> stopping_ = false;
  SpinBarrier line_;
  std::vector<std::thread> threads_;
};

void Measure(Executors& executors, int batch, double seconds) {
  std::vector<double> times;
  const auto begin = Clock::now();
  while (times.size() < 5 || Seconds(Clock::now() - begin) < seconds) {
    const auto start = Clock::now();
    executors.Run();
    times.push_back(Seconds(Clock::now() - start));
  }
  std::sort(times.begin(), times.end());
  const double least = times.front();
  const double median = times[times.size() / 2];
  std::printf("least %.3f ms  median %.3f ms  %.1f img/s at the least, %.1f at the median\n",
              least * 1e3, median * 1e3, batch / least, batch / median);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Measures the speed of one network");
  std::string name = "tf_efficientnet_lite0";
  avocet::PlanOptions options;
  int batch = 1;
  int executors = 1;
  int size = 0;
  double seconds = 4;
  bool bf16 = false;
  bool steps = false;
  app.add_option("network", name, "timm's name of the network");
  app.add_option("--batch", batch, "images a run");
  app.add_option("--executors", executors,
                 "plans that share the batch, each on a thread of its own");
  app.add_option("--plan-batch", options.batch_size,
                 "images that a plan takes at once; 0: its share of the batch")
      ->default_val(0);
  app.add_option("--threads", options.threads, "OpenMP threads of each plan");
  app.add_option("--size", size, "height and width in pixels; 0: the network's own");
  app.add_option("--seconds", seconds, "how long to measure");
  app.add_flag("--bf16", bf16, "bfloat16 instead of float32");
  app.add_flag("--steps", steps, "print the program's steps and their times");
  CLI11_PARSE(app, argc, argv);
  if (bf16) options.precision = avocet::Precision::kBFloat16;
  if (options.batch_size == 0) options.batch_size = batch / executors;
  if (options.batch_size < 1 || batch % (executors * options.batch_size) != 0) {
    std::fprintf(stderr, "expected a batch of executors times plan-batch images, or several\n");
    return 2;
  }

  const auto compile_begin = Clock::now();
  const auto model = Create(name, size);
  if (!model.ok()) {
    std::fprintf(stderr, "%s\n", model.status().ToString().c_str());
    return 1;
  }
  options.height = options.width = size;
  std::vector<std::unique_ptr<avocet::InferencePlan>> plans;
  for (int i = 0; i < executors; ++i) {
    auto plan = (*model)->Compile(options);
    if (!plan.ok()) {
      std::fprintf(stderr, "%s\n", plan.status().ToString().c_str());
      return 1;
    }
    plans.push_back(*std::move(plan));
  }
  avocet::InferencePlan& first = *plans.front();
  std::printf("%s batch %d, %d executors, threads %d: %d steps, arena %.1f MB, ready in %.0f ms\n",
              name.c_str(), batch, executors, options.threads, first.step_count(),
              static_cast<double>(first.arena_bytes()) / 1e6,
              Seconds(Clock::now() - compile_begin) * 1e3);
  if (steps) {
    std::ranges::copy(avocet::NamedValues("pixels", first.input().size()), first.input().begin());
    for (const avocet::StepProfile& step : first.Profile(30)) {
      std::printf("%9.1f us  %-40s %s\n", step.seconds * 1e6, step.name.c_str(),
                  step.implementation.c_str());
    }
  }
  Executors all(std::move(plans), batch);
  Measure(all, batch, seconds);
  return 0;
}
