// Speed of one plan: images a second for a network, batch size and thread count, with random
// weights. With --int8, calibrated with normally distributed pixels.
//
//   plan_benchmark tf_efficientnet_lite0 [--batch N] [--threads N] [--size S] [--seconds S]
//   [--steps]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "engine/models/zoo.h"
#include "engine/onednn/inference_model.h"
#include "engine/quantization/quantize_network.h"
#include "tests/reference/golden.h"

namespace {

using Clock = std::chrono::steady_clock;

double Seconds(Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

std::vector<std::vector<float>> RandomImages(int count, std::size_t size, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal;
  std::vector<std::vector<float>> images(static_cast<std::size_t>(count));
  for (auto& image : images) {
    image.resize(size);
    for (float& value : image) value = normal(generator);
  }
  return images;
}

absl::StatusOr<avocet::Quantization> Quantize(const avocet::Graph& graph) {
  const auto size = static_cast<std::size_t>(graph.node(0).shape.size());
  const auto network =
      avocet::QuantizeNetwork(graph, avocet::NamedParameters(graph), RandomImages(8, size, 1),
                              RandomImages(8, size, 2), {.agreement = 0});
  if (!network.ok()) return network.status();
  std::printf("int8: %d of %d layers, %.2f %% of multiply-adds, mean cosine %.5f\n",
              network->int8_layers, network->layers, 100 * network->multiply_adds.share(),
              network->comparison.mean_cosine);
  return network->quantization;
}

absl::StatusOr<std::unique_ptr<avocet::InferencePlan>> Compile(const std::string& name,
                                                               avocet::PlanOptions options) {
  const auto backbone = avocet::FindBackbone(name);
  if (!backbone.ok()) return backbone.status();
  if (options.height == 0) options.height = options.width = (*backbone)->image_size;
  const auto graph = (*backbone)->build({.height = options.height, .width = options.width});
  if (!graph.ok()) return graph.status();
  std::optional<avocet::Quantization> quantization;
  if (options.precision == avocet::Precision::kInt8) {
    auto chosen = Quantize(*graph);
    if (!chosen.ok()) return chosen.status();
    quantization = *std::move(chosen);
  }
  return avocet::InferenceModel::Create(*graph, avocet::NamedParameters(*graph),
                                        std::move(quantization))
      ->Compile(options);
}

void Measure(avocet::InferencePlan& plan, double seconds) {
  std::fill(plan.input().begin(), plan.input().end(), 0.5f);
  std::vector<double> times;
  const auto begin = Clock::now();
  while (times.size() < 5 || Seconds(Clock::now() - begin) < seconds) {
    const auto start = Clock::now();
    plan.Run();
    times.push_back(Seconds(Clock::now() - start));
  }
  std::sort(times.begin(), times.end());
  const double least = times.front();
  const double median = times[times.size() / 2];
  std::printf("least %.3f ms  median %.3f ms  %.1f img/s at the least, %.1f at the median\n",
              least * 1e3, median * 1e3, plan.batch_size() / least, plan.batch_size() / median);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Measures the speed of one network");
  std::string name = "tf_efficientnet_lite0";
  avocet::PlanOptions options{.height = 0, .width = 0};
  int size = 0;
  double seconds = 4;
  bool steps = false;
  app.add_option("network", name, "timm's name of the network");
  app.add_option("--batch", options.batch_size, "images a run");
  app.add_option("--threads", options.threads, "OpenMP threads");
  app.add_option("--size", size, "height and width in pixels; 0: the network's own");
  app.add_option("--seconds", seconds, "how long to measure");
  bool bf16 = false;
  app.add_flag("--bf16", bf16, "bfloat16 instead of float32");
  bool int8 = false;
  app.add_flag("--int8", int8, "8-bit integers instead of float32");
  app.add_flag("--steps", steps, "print the program's steps");
  CLI11_PARSE(app, argc, argv);
  options.height = options.width = size;
  if (bf16) options.precision = avocet::Precision::kBFloat16;
  if (int8) options.precision = avocet::Precision::kInt8;

  const auto compile_begin = Clock::now();
  auto plan = Compile(name, options);
  if (!plan.ok()) {
    std::fprintf(stderr, "%s\n", plan.status().ToString().c_str());
    return 1;
  }
  std::printf("%s batch %d threads %d: %d steps, arena %.1f MB, ready in %.0f ms\n", name.c_str(),
              options.batch_size, options.threads, (*plan)->step_count(),
              static_cast<double>((*plan)->arena_bytes()) / 1e6,
              Seconds(Clock::now() - compile_begin) * 1e3);
  if (steps) std::printf("%s", (*plan)->DebugString().c_str());
  Measure(**plan, seconds);
  return 0;
}
