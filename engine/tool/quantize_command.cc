#include "engine/tool/quantize_command.h"

#include <cstdio>
#include <memory>
#include <string>

#include "engine/base/cpu_count.h"
#include "engine/base/status.h"
#include "engine/tool/output_folder.h"
#include "engine/tool/quantize_model.h"

namespace avocet {
namespace {

constexpr std::size_t kMaxImages = 100'000;
constexpr int kMaxViews = 1000;
constexpr int kMaxThreads = 1024;

struct Flags {
  QuantizeModelOptions options;
  std::string output;
};

absl::Status Quantize(Flags flags) {
  if (flags.output.empty()) {
    ASSIGN_OR_RETURN(flags.options.output, NextVersionBeside(flags.options.model_dir));
  } else {
    flags.options.output = NextVersionOf(flags.output);
  }
  ASSIGN_OR_RETURN(const QuantizedModel model, QuantizeModel(flags.options));
  for (const std::string& line : model.unreadable) {
    std::fprintf(stderr, "avocet-model: left out: %s\n", line.c_str());
  }
  std::fputs(QuantizedModelText(model).c_str(), stdout);
  return absl::OkStatus();
}

constexpr char kFooter[] = R"(Examples:
  avocet-model quantize models/lite0/1 --images photos
  avocet-model quantize models/lite0/1 --images photos --output models/lite0_int8 --agreement 0.995

A quarter of the images choose the ranges of activations and the corrections of biases; the others
tell how often the class of float32 stays. Where that is too seldom, layers go back to float32, the
most sensitive first. The folder that is written has the same weights and a quantization.json; it
loads in timm as before. 100 images or more, of the kind that the network will see, are a good
choice; from a few, --views makes more.)";

}  // namespace

void AddQuantizeCommand(CLI::App& app, std::function<absl::Status()>& run) {
  auto flags = std::make_shared<Flags>();
  QuantizeModelOptions& options = flags->options;
  options.quantization.threads = UsableCpuCount();
  CLI::App* command = app.add_subcommand("quantize", "Let a network compute in integers of 8 bits");
  command->footer(kFooter);
  command->add_option("model", options.model_dir, "Model folder")
      ->required()
      ->check(CLI::ExistingDirectory);
  command->add_option("--images", options.images, "Folder of pictures, which needs no labels")
      ->required()
      ->check(CLI::ExistingDirectory);
  command->add_option("--output", flags->output,
                      "MODELS/NAME, of which the next version is written; without: of the model "
                      "itself");
  command
      ->add_option("--agreement", options.quantization.agreement,
                   "Share of images, among those that float32 is sure of, that must keep their "
                   "class")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command->add_option("--max-images", options.max_images, "Pictures to use, chosen at random")
      ->check(CLI::Range(std::size_t{2}, kMaxImages))
      ->capture_default_str();
  command
      ->add_option("--views", options.views,
                   "Views of each picture: itself, then crops and flips of it")
      ->check(CLI::Range(1, kMaxViews))
      ->capture_default_str();
  command->add_option("--threads", options.quantization.threads, "Threads a run")
      ->check(CLI::Range(1, kMaxThreads))
      ->capture_default_str();
  command->callback([flags, &run] { run = [flags] { return Quantize(*flags); }; });
}

}  // namespace avocet
