// Speed of one network with the weights of NamedParameters: images a second for a batch size, a way
// to share it among plans, and a precision. See tests/benchmark/README.md.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_format.h"
#include "engine/base/status.h"
#include "engine/models/zoo.h"
#include "engine/onednn/inference_model.h"
#include "engine/quantization/quantize_network.h"
#include "engine/tool/node_cost.h"
#include "tests/benchmark/executors.h"
#include "tests/benchmark/timing.h"
#include "tests/reference/golden.h"

namespace {

using Clock = std::chrono::steady_clock;

struct Arguments {
  std::string network = "tf_efficientnet_lite0";
  avocet::PlanOptions plan;
  int batch = 1;
  int executors = 1;
  int size = 0;
  double seconds = 4;
  bool steps = false;
  bool interactive = false;
};

// Plans ready to run, and what they compute an image.
struct Network {
  std::vector<std::unique_ptr<avocet::InferencePlan>> plans;
  std::int64_t multiply_adds = 0;
  // For int8: the share of the multiply-adds that runs in int8, and the mean cosine similarity of
  // the logits to those of float32.
  double int8_share = 0;
  double cosine = 0;
};

std::vector<std::vector<float>> Images(const std::string& key, std::size_t size) {
  std::vector<std::vector<float>> images;
  for (int i = 0; i < 8; ++i) images.push_back(avocet::NamedValues(key + std::to_string(i), size));
  return images;
}

// Every layer that can be, whatever it does to the agreement: with weights that mean nothing, all
// images are of one class.
absl::StatusOr<avocet::Quantization> Quantize(const avocet::Graph& graph,
                                              const avocet::Parameters& parameters,
                                              Network& network) {
  const auto size = static_cast<std::size_t>(graph.node(0).shape.size());
  ASSIGN_OR_RETURN(avocet::QuantizedNetwork quantized,
                   avocet::QuantizeNetwork(graph, parameters, Images("calibration ", size),
                                           Images("validation ", size), {.agreement = 0}));
  network.int8_share = quantized.multiply_adds.share();
  network.cosine = quantized.comparison.mean_cosine;
  return std::move(quantized.quantization);
}

absl::StatusOr<Network> Compile(Arguments& arguments) {
  ASSIGN_OR_RETURN(const avocet::Backbone* const backbone, avocet::FindBackbone(arguments.network));
  const int size = arguments.size == 0 ? backbone->image_size : arguments.size;
  ASSIGN_OR_RETURN(const avocet::Graph graph, backbone->build({.height = size, .width = size}));
  arguments.plan.height = arguments.plan.width = size;
  Network network;
  avocet::Parameters parameters = avocet::GoldenParameters(graph, arguments.network);
  std::optional<avocet::Quantization> quantization;
  if (arguments.plan.precision == avocet::Precision::kInt8) {
    ASSIGN_OR_RETURN(quantization, Quantize(graph, parameters, network));
  }
  const auto model = avocet::InferenceModel::Create(graph, std::move(parameters), quantization);
  network.multiply_adds = avocet::TotalCost(graph).multiply_adds;
  for (int i = 0; i < arguments.executors; ++i) {
    ASSIGN_OR_RETURN(auto plan, model->Compile(arguments.plan));
    std::ranges::copy(avocet::NamedValues("pixels", plan->input().size()), plan->input().begin());
    network.plans.push_back(std::move(plan));
  }
  return network;
}

void PrintSteps(avocet::InferencePlan& plan) {
  for (const avocet::StepProfile& step : plan.Profile(30)) {
    std::printf("%9.1f us  %-40s %s\n", step.seconds * 1e6, step.name.c_str(),
                step.implementation.c_str());
  }
}

avocet::Timing Measure(const Network& network, int batch, double seconds, int least_runs) {
  avocet::Executors executors(network.plans, batch);
  return avocet::MeasureRuns([&] { executors.Run(); }, seconds, least_runs);
}

int Answer(const Network& network, const Arguments& arguments) {
  std::string ready =
      absl::StrFormat(R"({"ready": true, "multiply_adds": %d)", network.multiply_adds);
  if (arguments.plan.precision == avocet::Precision::kInt8) {
    absl::StrAppendFormat(&ready, R"(, "int8_share": %.4f, "cosine": %.5f)", network.int8_share,
                          network.cosine);
  }
  ready += "}";
  const absl::Status status = avocet::AnswerRequests(
      std::cin, std::cout, ready,
      [&](double seconds) { return Measure(network, arguments.batch, seconds, /*least_runs=*/2); });
  if (status.ok()) return 0;
  std::cerr << status.message() << "\n";
  return 2;
}

void Print(const Network& network, const Arguments& arguments) {
  const avocet::Timing timing =
      Measure(network, arguments.batch, arguments.seconds, /*least_runs=*/5);
  std::printf("least %.3f ms  median %.3f ms  %.1f img/s at the least, %.1f at the median\n",
              timing.least * 1e3, timing.median * 1e3, arguments.batch / timing.least,
              arguments.batch / timing.median);
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  std::string precision = "f32";
  CLI::App app("Measures the speed of one network");
  app.add_option("network", arguments.network, "timm's name of the network");
  app.add_option("--batch", arguments.batch, "images a run")->check(CLI::PositiveNumber);
  app.add_option("--executors", arguments.executors,
                 "plans that share the batch, each on a thread of its own")
      ->check(CLI::PositiveNumber);
  app.add_option("--plan-batch", arguments.plan.batch_size,
                 "images that a plan takes at once; 0: its share of the batch")
      ->default_val(0)
      ->check(CLI::NonNegativeNumber);
  app.add_option("--threads", arguments.plan.threads, "OpenMP threads of each plan")
      ->check(CLI::PositiveNumber);
  app.add_option("--size", arguments.size, "height and width in pixels; 0: the network's own");
  app.add_option("--precision", precision, "f32, bf16 or int8")
      ->check(CLI::IsMember({"f32", "bf16", "int8"}));
  app.add_option("--seconds", arguments.seconds, "how long to measure");
  app.add_flag("--steps", arguments.steps, "print the program's steps and their times");
  app.add_flag("--interactive", arguments.interactive,
               "measure once for every line on standard input, a number of seconds; talk JSON");
  CLI11_PARSE(app, argc, argv);
  if (precision == "bf16") arguments.plan.precision = avocet::Precision::kBFloat16;
  if (precision == "int8") arguments.plan.precision = avocet::Precision::kInt8;
  int& plan_batch = arguments.plan.batch_size;
  if (plan_batch == 0) plan_batch = arguments.batch / arguments.executors;
  if (plan_batch < 1 || arguments.batch % (arguments.executors * plan_batch) != 0) {
    std::fprintf(stderr,
                 "expected a batch of executors times plan-batch images, or several; "
                 "found a batch of %d, %d executors and %d images a plan\n",
                 arguments.batch, arguments.executors, plan_batch);
    return 2;
  }

  const auto begin = Clock::now();
  const absl::StatusOr<Network> network = Compile(arguments);
  if (!network.ok()) {
    std::cerr << network.status() << "\n";
    return 1;
  }
  if (arguments.interactive) return Answer(*network, arguments);
  avocet::InferencePlan& first = *network->plans.front();
  std::printf("%s batch %d, %d executors, threads %d: %d steps, arena %.1f MB, ready in %.0f ms\n",
              arguments.network.c_str(), arguments.batch, arguments.executors,
              arguments.plan.threads, first.step_count(),
              static_cast<double>(first.arena_bytes()) / 1e6,
              std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
  if (precision == "int8") {
    std::printf("%.2f %% of the multiply-adds in int8, mean cosine %.5f\n",
                100 * network->int8_share, network->cosine);
  }
  if (arguments.steps) PrintSteps(first);
  Print(*network, arguments);
  return 0;
}
