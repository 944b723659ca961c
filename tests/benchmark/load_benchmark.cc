// Time from a model's folder to its first plan, in a process that has compiled nothing before, as
// the server has it. See tests/benchmark/README.md.
#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "CLI/CLI.hpp"
#include "engine/base/precision.h"
#include "engine/base/status.h"
#include "engine/checkpoint/checkpoint.h"
#include "engine/checkpoint/model_config.h"
#include "engine/checkpoint/quantization_file.h"
#include "engine/models/zoo.h"
#include "engine/onednn/inference_model.h"

namespace {

using Clock = std::chrono::steady_clock;

struct Arguments {
  std::string folder;
  std::string precision = "float32";
  int size = 0;
  int threads = 1;
  int runs = 20;
};

// Prints how long each step took since the one before.
class Steps {
 public:
  void Done(const char* step) {
    const Clock::time_point now = Clock::now();
    std::printf("%9.1f ms  %s\n", Milliseconds(now - last_), step);
    last_ = now;
  }
  double total() const { return Milliseconds(last_ - begin_); }

 private:
  static double Milliseconds(Clock::duration time) {
    return std::chrono::duration<double, std::milli>(time).count();
  }
  const Clock::time_point begin_ = Clock::now();
  Clock::time_point last_ = begin_;
};

absl::Status Load(const Arguments& arguments) {
  Steps steps;
  ASSIGN_OR_RETURN(const avocet::Precision precision, avocet::ParsePrecision(arguments.precision));
  ASSIGN_OR_RETURN(const avocet::ModelConfig config, avocet::ReadModelConfig(arguments.folder));
  const int height = arguments.size > 0 ? arguments.size : config.preprocess.height;
  const int width = arguments.size > 0 ? arguments.size : config.preprocess.width;
  ASSIGN_OR_RETURN(const avocet::Backbone* const backbone,
                   avocet::FindBackbone(config.architecture));
  ASSIGN_OR_RETURN(
      const avocet::Graph graph,
      backbone->build({.classes = config.num_classes, .height = height, .width = width}));
  ASSIGN_OR_RETURN(std::optional<avocet::Quantization> quantization,
                   avocet::ReadQuantization(arguments.folder, graph));
  steps.Done("config.json, graph, quantization.json");
  ASSIGN_OR_RETURN(avocet::Parameters parameters, avocet::LoadParameters(arguments.folder, graph));
  steps.Done("parameters read and checked");
  const auto model =
      avocet::InferenceModel::Create(graph, std::move(parameters), std::move(quantization));
  steps.Done("passes");
  ASSIGN_OR_RETURN(const auto plan, model->Compile({.height = height,
                                                    .width = width,
                                                    .threads = arguments.threads,
                                                    .precision = precision}));
  steps.Done("first plan compiled and run once");
  std::printf("%9.1f ms  from the folder to the first plan\n", steps.total());
  std::printf("packed weights %.1f MB, second layouts %.1f MB, arena %.1f MB\n",
              static_cast<double>(model->weight_bytes()) / 1e6,
              static_cast<double>(model->duplicate_weight_bytes()) / 1e6,
              static_cast<double>(plan->arena_bytes()) / 1e6);
  for (int run = 1; run <= arguments.runs; ++run) {
    const Clock::time_point begin = Clock::now();
    plan->Run();
    const double milliseconds =
        std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
    if (run == 1 || run == arguments.runs) std::printf("%9.1f ms  run %d\n", milliseconds, run);
  }
  return absl::OkStatus();
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Measures how long a model folder takes to its first plan");
  app.add_option("folder", arguments.folder, "config.json and model.safetensors are in it")
      ->required();
  app.add_option("--precision", arguments.precision, "float32, bfloat16 or int8");
  app.add_option("--size", arguments.size, "height and width in pixels; 0: the model's own");
  app.add_option("--threads", arguments.threads, "of the plan")->check(CLI::PositiveNumber);
  app.add_option("--runs", arguments.runs,
                 "after the first one; the first and the last are printed")
      ->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = Load(arguments);
  if (!status.ok()) std::cerr << status << "\n";
  return status.ok() ? 0 : 1;
}
