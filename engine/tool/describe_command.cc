#include "engine/tool/describe_command.h"

#include <cstdio>
#include <memory>
#include <string>

#include "engine/base/status.h"
#include "engine/passes/pass.h"
#include "engine/tool/layer_report.h"
#include "engine/tool/network.h"
#include "engine/tool/program_report.h"
#include "engine/tool/text_table.h"

namespace avocet {
namespace {

constexpr int kMaxImageSide = 4096;     // pixels, as in config.json
constexpr int kMaxClasses = 1'000'000;  // likewise
constexpr int kMaxBatch = 4096;
constexpr int kMaxThreads = 1024;
constexpr int kMaxRuns = 100'000;

struct Flags {
  std::string name;
  NetworkChoices choices;
  bool every_operator = false;
  bool passes = false;
  bool compiled = false;
  bool json = false;
  std::string precision = std::string(PrecisionName(Precision::kFloat32));
  ProgramOptions program;
};

absl::Status DescribeProgram(const Flags& flags, const Network& network) {
  ProgramOptions options = flags.program;
  ASSIGN_OR_RETURN(options.precision, ParsePrecision(flags.precision));
  ASSIGN_OR_RETURN(const ProgramReport report, MeasureProgram(network, options));
  const std::string text =
      flags.json ? ProgramJson(report) : ProgramText(report, TerminalColumns());
  std::fputs(text.c_str(), stdout);
  return absl::OkStatus();
}

absl::Status Describe(const Flags& flags) {
  ASSIGN_OR_RETURN(Network network, FindNetwork(flags.name, flags.choices));
  if (flags.compiled) return DescribeProgram(flags, network);
  if (flags.passes) {
    ASSIGN_OR_RETURN(Parameters parameters, NetworkParameters(network));
    network.graph = RunInferencePasses(network.graph, parameters);
  }
  const std::string text = flags.json
                               ? LayersJson(network, flags.every_operator)
                               : LayersText(network, flags.every_operator, TerminalColumns());
  std::fputs(text.c_str(), stdout);
  return absl::OkStatus();
}

constexpr char kFooter[] = R"(Examples:
  avocet-model describe resnet50
  avocet-model describe lenet5 --size 28
  avocet-model describe models/lite0/1 --compiled --batch 8 --threads 2

A row is a layer, with the norms and activations that follow it: "64 @ 7x7/2 p3" are 64 filters of
7 x 7 pixels at a stride of 2 with 3 rows of padding on each side. An input of m pixels becomes
(m - n + 2p) / s + 1; a filter has w h c weights, and one more where there is a bias. FIELD is the
receptive field in pixels of the image, JUMP the distance between the fields of neighbours.)";

}  // namespace

void AddDescribeCommand(CLI::App& app, std::function<absl::Status()>& run) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("describe", "Show the layers of a network");
  command->footer(kFooter);
  command->add_option("network", flags->name, "Architecture, or a model folder")->required();
  command->add_option("--size", flags->choices.size, "Height and width of the image, in pixels")
      ->check(CLI::Range(1, kMaxImageSide));
  command->add_option("--classes", flags->choices.classes, "Classes of the head")
      ->check(CLI::Range(1, kMaxClasses));
  command->add_flag("--all", flags->every_operator, "A row for every operator");
  CLI::Option* passes =
      command->add_flag("--passes", flags->passes, "Show what the inference passes make of it");
  CLI::Option* compiled =
      command
          ->add_flag("--compiled", flags->compiled,
                     "Compile it and show each step: implementation, time, GFLOP/s")
          ->excludes(passes);
  command->add_option("--batch", flags->program.batch_size, "Images a run")
      ->check(CLI::Range(1, kMaxBatch))
      ->needs(compiled)
      ->capture_default_str();
  command
      ->add_option("--precision", flags->precision,
                   "float32, bfloat16, or int8 of a quantized model folder")
      ->needs(compiled)
      ->capture_default_str();
  command->add_option("--threads", flags->program.threads, "Threads a run")
      ->check(CLI::Range(1, kMaxThreads))
      ->needs(compiled)
      ->capture_default_str();
  command
      ->add_option("--runs", flags->program.runs,
                   "How often each step is timed; without: about a second long")
      ->check(CLI::Range(1, kMaxRuns))
      ->needs(compiled);
  command->add_flag("--json", flags->json, "For programs");
  command->callback([flags, &run] { run = [flags] { return Describe(*flags); }; });
}

}  // namespace avocet
