#include "engine/tool/program_report.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "engine/base/status.h"
#include "engine/onednn/inference_model.h"
#include "engine/tool/node_cost.h"
#include "engine/tool/text_table.h"

namespace avocet {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kSecondsToMeasure = 1.0;
constexpr int kLeastRuns = 5;
constexpr int kMostRuns = 200;

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double TimeRun(InferencePlan& plan) {
  const Clock::time_point start = Clock::now();
  plan.Run();
  return SecondsSince(start);
}

double MedianRun(InferencePlan& plan, int runs) {
  std::vector<double> seconds;
  for (int i = 0; i < runs; ++i) seconds.push_back(TimeRun(plan));
  const auto median = seconds.begin() + runs / 2;
  std::nth_element(seconds.begin(), median, seconds.end());
  return *median;
}

// A node may have become several steps; its arithmetic is in the slowest. A step may compute
// several nodes: their names are joined by "+" in its own.
std::vector<ProgramStep> Steps(const Graph& graph, std::vector<StepProfile> profile) {
  std::vector<ProgramStep> steps;
  std::map<std::string, std::size_t, std::less<>> slowest;  // by the name of a node
  for (StepProfile& step : profile) {
    for (const absl::string_view node : absl::StrSplit(step.name, '+')) {
      const auto [found, inserted] = slowest.emplace(std::string(node), steps.size());
      if (!inserted && step.seconds > steps[found->second].seconds) found->second = steps.size();
    }
    steps.push_back({std::move(step.name), "", std::move(step.implementation), step.seconds, 0});
  }
  for (NodeId id = 0; id < graph.size(); ++id) {
    const auto found = slowest.find(graph.node(id).name);
    if (found == slowest.end()) continue;
    ProgramStep& step = steps[found->second];
    absl::StrAppend(&step.operation, step.operation.empty() ? "" : " + ",
                    DescribeOp(graph.node(id).op));
    step.multiply_adds += CostOf(graph, id).multiply_adds;
  }
  return steps;
}

double GigaFlops(std::int64_t multiply_adds, double seconds) {
  return seconds > 0 ? 2e-9 * static_cast<double>(multiply_adds) / seconds : 0;
}

double StepSeconds(const ProgramReport& report) {
  double sum = 0;
  for (const ProgramStep& step : report.steps) sum += step.seconds;
  return sum;
}

std::int64_t MultiplyAdds(const ProgramReport& report) {
  std::int64_t sum = 0;
  for (const ProgramStep& step : report.steps) sum += step.multiply_adds;
  return sum;
}

std::string Flops(std::int64_t multiply_adds, double seconds) {
  return multiply_adds == 0 ? "-" : absl::StrFormat("%.1f", GigaFlops(multiply_adds, seconds));
}

}  // namespace

absl::StatusOr<ProgramReport> MeasureProgram(const Network& network,
                                             const ProgramOptions& options) {
  ASSIGN_OR_RETURN(Parameters parameters, NetworkParameters(network));
  ASSIGN_OR_RETURN(std::optional<Quantization> quantization, NetworkQuantization(network));
  if (options.precision == Precision::kInt8 && !quantization) {
    return absl::InvalidArgumentError(
        "int8 needs a model folder with a quantization.json, which `quantize` writes");
  }
  const Clock::time_point start = Clock::now();
  const auto model =
      InferenceModel::Create(network.graph, std::move(parameters), std::move(quantization));
  const Shape input = network.input();
  ASSIGN_OR_RETURN(const auto plan, model->Compile({.batch_size = options.batch_size,
                                                    .height = input.h,
                                                    .width = input.w,
                                                    .threads = options.threads,
                                                    .precision = options.precision}));
  ProgramReport report;
  report.compile_seconds = SecondsSince(start);
  report.architecture = network.architecture;
  report.random_weights = network.model_dir.empty();
  report.precision = options.precision;
  report.input = input;
  report.input.n = options.batch_size;
  report.threads = options.threads;
  std::ranges::fill(plan->input(), 0.5f);
  const double once = TimeRun(*plan);
  report.runs = options.runs > 0
                    ? options.runs
                    : static_cast<int>(std::clamp(kSecondsToMeasure / once, double{kLeastRuns},
                                                  double{kMostRuns}));
  report.run_seconds = MedianRun(*plan, report.runs);
  ASSIGN_OR_RETURN(const Graph graph, model->graph().Reshape(options.batch_size, input.h, input.w));
  report.steps = Steps(graph, plan->Profile(report.runs));
  report.arena_bytes = plan->arena_bytes();
  report.weight_bytes = model->weight_bytes();
  report.duplicate_weight_bytes = model->duplicate_weight_bytes();
  return report;
}

std::string ProgramText(const ProgramReport& report, int max_width) {
  TextTable table({{"STEP"},
                   {"OPERATION"},
                   {"IMPLEMENTATION"},
                   {"MS", Align::kRight},
                   {"SHARE", Align::kRight},
                   {"GFLOP/S", Align::kRight}});
  table.AddRule();
  const double sum = StepSeconds(report);
  for (const ProgramStep& step : report.steps) {
    table.Add({step.name, step.operation, step.implementation,
               absl::StrFormat("%.3f", step.seconds * 1e3),
               absl::StrFormat("%.1f %%", 100 * step.seconds / sum),
               Flops(step.multiply_adds, step.seconds)});
  }
  table.AddRule();
  table.Add({"total", absl::StrCat(report.steps.size(), " steps"), "",
             absl::StrFormat("%.3f", sum * 1e3), "", Flops(MultiplyAdds(report), sum)});

  std::string text = absl::StrFormat(
      "%s   %s, input %dx%dx%dx%d, %d thread%s, %s weights, medians of %d runs\n\n",
      report.architecture, std::string(PrecisionName(report.precision)), report.input.n,
      report.input.h, report.input.w, report.input.c, report.threads,
      report.threads == 1 ? "" : "s", report.random_weights ? "random" : "its own", report.runs);
  absl::StrAppend(&text, table.Print(max_width));
  absl::StrAppendFormat(
      &text,
      "\n%.3f ms a run without a clock between steps: %.1f images/s, %s GFLOP/s\n"
      "%s arena (activations and scratchpads), %s packed weights (%s in second layouts)\n"
      "%.0f ms from parameters to the first result\n",
      report.run_seconds * 1e3, report.input.n / report.run_seconds,
      Flops(MultiplyAdds(report), report.run_seconds),
      Bytes(static_cast<double>(report.arena_bytes)),
      Bytes(static_cast<double>(report.weight_bytes)),
      Bytes(static_cast<double>(report.duplicate_weight_bytes)), report.compile_seconds * 1e3);
  return text;
}

std::string ProgramJson(const ProgramReport& report) {
  using Json = nlohmann::ordered_json;
  Json steps = Json::array();
  for (const ProgramStep& step : report.steps) {
    steps.push_back({{"name", step.name},
                     {"operation", step.operation},
                     {"implementation", step.implementation},
                     {"seconds", step.seconds},
                     {"multiply_adds", step.multiply_adds},
                     {"gflops", GigaFlops(step.multiply_adds, step.seconds)}});
  }
  const Shape& input = report.input;
  const Json document = {{"network", report.architecture},
                         {"precision", PrecisionName(report.precision)},
                         {"random_weights", report.random_weights},
                         {"input", {input.n, input.c, input.h, input.w}},
                         {"threads", report.threads},
                         {"runs", report.runs},
                         {"steps", std::move(steps)},
                         {"run_seconds", report.run_seconds},
                         {"gflops", GigaFlops(MultiplyAdds(report), report.run_seconds)},
                         {"compile_seconds", report.compile_seconds},
                         {"arena_bytes", report.arena_bytes},
                         {"weight_bytes", report.weight_bytes},
                         {"duplicate_weight_bytes", report.duplicate_weight_bytes}};
  return document.dump(2) + "\n";
}

}  // namespace avocet
