// Speed of training steps of one network, weights of NamedParameters: forward, loss, backward and
// AdamW's step. See tests/benchmark/README.md.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_format.h"
#include "engine/base/status.h"
#include "engine/models/zoo.h"
#include "engine/onednn/training/training_plan.h"
#include "engine/tool/node_cost.h"
#include "engine/train/optim/optimizer.h"
#include "tests/benchmark/timing.h"
#include "tests/reference/golden.h"

namespace {

struct Arguments {
  std::string network = "tf_efficientnet_lite0";
  avocet::TrainingPlanOptions plan = {.batch_size = 16, .threads = 2};
  int size = 224;
  double seconds = 8;
  double peak = 0;
  bool no_optimizer = false;
  bool steps = false;
  bool interactive = false;
};

// As in torch_trainer.py.
constexpr double kLearningRate = 1e-4;
constexpr double kWeightDecay = 1e-2;

struct Trainer {
  avocet::Parameters parameters;
  std::unique_ptr<avocet::TrainingPlan> plan = nullptr;
  std::unique_ptr<avocet::Optimizer> optimizer = nullptr;  // none: weights stay
  std::int64_t multiply_adds = 0;                          // of the forward pass of an image

  void Step() {
    plan->Step(parameters, {});
    if (optimizer) {
      optimizer->Step(parameters, plan->gradients(), {.learning_rate = kLearningRate});
    }
  }
};

absl::StatusOr<Trainer> Compile(const Arguments& arguments) {
  ASSIGN_OR_RETURN(const avocet::Backbone* const backbone, avocet::FindBackbone(arguments.network));
  ASSIGN_OR_RETURN(const avocet::Graph graph,
                   backbone->build({.height = arguments.size, .width = arguments.size}));
  Trainer trainer = {.parameters = avocet::NamedParameters(graph),
                     .plan = nullptr,
                     .optimizer = nullptr,
                     .multiply_adds = avocet::TotalCost(graph).multiply_adds};
  ASSIGN_OR_RETURN(trainer.plan, avocet::TrainingPlan::Compile(graph, arguments.plan));
  if (!arguments.no_optimizer) {
    trainer.optimizer = std::make_unique<avocet::Optimizer>(
        avocet::OptimizerOptions{.weight_decay = kWeightDecay},
        avocet::TrainedParameters(avocet::GraphParameters(graph)));
  }
  std::ranges::copy(avocet::NamedValues("pixels", trainer.plan->input().size()),
                    trainer.plan->input().begin());
  const std::span<float> targets = trainer.plan->targets();
  const std::size_t classes = targets.size() / static_cast<std::size_t>(arguments.plan.batch_size);
  for (std::size_t i = 0; i < targets.size(); i += classes) targets[i] = 1.0f;
  return trainer;
}

// What is behind the node's name; steps that take turns have several of these.
std::string KindOf(const std::string& name) {
  if (name.find(" + ") != std::string::npos) {
    return name.find(".diff") == std::string::npos ? "turns forward" : "turns backward";
  }
  const std::string last = name.substr(name.rfind('.') + 1);
  const bool is_kind = last.starts_with("diff") || last == "statistics" || last == "weight";
  return is_kind ? last : "forward";
}

void PrintSteps(Trainer& trainer) {
  std::map<std::string, double> kinds;  // by KindOf and implementation
  double total = 0;
  for (const avocet::StepProfile& step : trainer.plan->Profile(trainer.parameters, 5)) {
    std::printf("%9.1f us  %-48s %s\n", step.seconds * 1e6, step.name.c_str(),
                step.implementation.c_str());
    kinds[KindOf(step.name) + " " + step.implementation] += step.seconds;
    total += step.seconds;
  }
  std::printf("\n");
  for (const auto& [kind, seconds] : kinds) {
    std::printf("%9.1f ms  %5.1f %%  %s\n", seconds * 1e3, 100 * seconds / total, kind.c_str());
  }
  std::printf("%9.1f ms\n", total * 1e3);
}

int Answer(Trainer& trainer) {
  const std::string ready =
      absl::StrFormat(R"({"ready": true, "multiply_adds": %d})", trainer.multiply_adds);
  const absl::Status status =
      avocet::AnswerRequests(std::cin, std::cout, ready, [&](double seconds) {
        return avocet::MeasureRuns([&] { trainer.Step(); }, seconds, /*least_runs=*/2);
      });
  if (status.ok()) return 0;
  std::cerr << status.message() << "\n";
  return 2;
}

void Print(Trainer& trainer, const Arguments& arguments) {
  const avocet::Timing timing =
      avocet::MeasureRuns([&] { trainer.Step(); }, arguments.seconds, /*least_runs=*/3);
  const double batch = arguments.plan.batch_size;
  std::printf("least %.1f ms  median %.1f ms  %.1f img/s at the least, %.1f at the median\n",
              timing.least * 1e3, timing.median * 1e3, batch / timing.least, batch / timing.median);
  // The backward pass multiplies twice as much as the forward pass.
  const double operations = 3 * 2 * static_cast<double>(trainer.multiply_adds) * batch;
  std::printf("%.0f Gop/s", operations / timing.least * 1e-9);
  if (arguments.peak > 0) {
    std::printf(", %.0f %% of the peak", operations / timing.least * 1e-7 / arguments.peak);
  }
  std::printf("\n");
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  std::string precision = "f32";
  CLI::App app("Measures training steps of one network");
  app.add_option("network", arguments.network, "timm's name of the network");
  app.add_option("--batch", arguments.plan.batch_size, "images a step")->check(CLI::PositiveNumber);
  app.add_option("--threads", arguments.plan.threads, "OpenMP threads")->check(CLI::PositiveNumber);
  app.add_option("--size", arguments.size, "height and width in pixels")
      ->check(CLI::PositiveNumber);
  app.add_option("--precision", precision, "f32 or bf16")->check(CLI::IsMember({"f32", "bf16"}));
  app.add_option("--seconds", arguments.seconds, "how long to measure");
  app.add_option("--peak", arguments.peak, "Gop/s that matmul_peak printed, to compare with");
  app.add_option("--turn-bytes", arguments.plan.turns.bytes, "of all tensors' rows in a turn");
  app.add_option("--large-tensor", arguments.plan.turns.large_tensor,
                 "bytes from which on the steps of a tensor take turns");
  app.add_option("--streamed-tensor", arguments.plan.turns.streamed_tensor,
                 "bytes from which on results go past the caches");
  app.add_flag("--no-optimizer", arguments.no_optimizer, "forward, loss and backward alone");
  app.add_flag("--steps", arguments.steps, "print the program's steps and their times");
  app.add_flag("--interactive", arguments.interactive,
               "measure once for every line on standard input, a number of seconds; talk JSON");
  CLI11_PARSE(app, argc, argv);
  if (precision == "bf16") arguments.plan.precision = avocet::Precision::kBFloat16;
  arguments.plan.height = arguments.plan.width = arguments.size;

  absl::StatusOr<Trainer> trainer = Compile(arguments);
  if (!trainer.ok()) {
    std::cerr << trainer.status() << "\n";
    return 1;
  }
  if (arguments.interactive) return Answer(*trainer);
  std::printf("%s %s, batch %d, %d px, %d threads: arena %.0f MB\n", arguments.network.c_str(),
              precision.c_str(), arguments.plan.batch_size, arguments.size, arguments.plan.threads,
              static_cast<double>(trainer->plan->arena_bytes()) / 1e6);
  if (arguments.steps) PrintSteps(*trainer);
  Print(*trainer, arguments);
  return 0;
}
