#include "engine/tool/evaluate_command.h"

#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "engine/base/cpu_count.h"
#include "engine/base/precision.h"
#include "engine/base/status.h"
#include "engine/checkpoint/atomic_file.h"
#include "engine/image/encode.h"
#include "engine/tool/evaluate_models.h"
#include "engine/tool/evaluation_report.h"

namespace avocet {
namespace {

constexpr int kMaxImageSide = 4096;  // pixels, as in config.json
constexpr std::size_t kMaxImages = 100'000'000;
constexpr int kMaxViews = 1000;
constexpr int kMaxThreads = 1024;

struct Flags {
  EvaluateOptions options;
  std::string precision;  // empty: the model's best
  std::string against_precision;
  std::optional<int> size;
  std::string confusion;
  int threads = UsableCpuCount();
  bool json = false;
};

absl::Status WriteConfusion(const ModelEvaluation& model, const std::string& prefix) {
  const ConfusionMatrix& confusion = model.scores->confusion();
  RETURN_IF_ERROR(WriteFileAtomically(prefix + ".csv", confusion.ToCsv(model.label_names)));
  ASSIGN_OR_RETURN(const std::string png, EncodePng(DrawMatrix(ConfusionPicture(model))));
  return WriteFileAtomically(prefix + ".png", png);
}

absl::StatusOr<LoadOptions> LoadOptionsOf(const Flags& flags, const std::string& precision) {
  LoadOptions options{.precision = std::nullopt, .size = flags.size, .threads = flags.threads};
  if (!precision.empty()) {
    ASSIGN_OR_RETURN(options.precision, ParsePrecision(precision));
  }
  return options;
}

absl::Status Evaluate(Flags flags) {
  EvaluateOptions& options = flags.options;
  ASSIGN_OR_RETURN(options.load, LoadOptionsOf(flags, flags.precision));
  ASSIGN_OR_RETURN(options.against_load, LoadOptionsOf(flags, flags.against_precision));
  if (options.against_dir.empty() && !flags.against_precision.empty()) {
    options.against_dir = options.model_dir;
  }
  ASSIGN_OR_RETURN(const Evaluation evaluation, EvaluateModels(options));
  for (const std::string& line : evaluation.unreadable) {
    std::fprintf(stderr, "avocet-model: left out: %s\n", line.c_str());
  }
  const std::string text = flags.json ? EvaluationJson(evaluation) : EvaluationText(evaluation);
  std::fputs(text.c_str(), stdout);
  if (!flags.confusion.empty()) {
    if (!evaluation.model.scores) {
      return absl::InvalidArgumentError(absl::StrCat(
          options.images, ": a confusion matrix needs labels: one folder a class, with its name ",
          "or its index"));
    }
    RETURN_IF_ERROR(WriteConfusion(evaluation.model, flags.confusion));
  }
  if (evaluation.unreadable.empty()) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat(evaluation.unreadable.size(), " pictures could not be read"));
}

constexpr char kFooter[] = R"(Examples:
  avocet-model evaluate models/lite0/1 --images val
  avocet-model evaluate models/lite0/2 --images val --against models/lite0/1
  avocet-model evaluate models/lite0/1 --images photos --precision bfloat16 --against-precision float32

Where the pictures lie in one folder a class, named by the class's label or index, they have labels,
and there are top-1, top-5 and, with --confusion val, val.csv and val.png. NETWORK MS and INPUT MS
are times an image, of the network and of reading, decoding and preprocessing, and SHARE is that of
the latter.)";

}  // namespace

void AddEvaluateCommand(CLI::App& app, std::function<absl::Status()>& run) {
  auto flags = std::make_shared<Flags>();
  EvaluateOptions& options = flags->options;
  CLI::App* command = app.add_subcommand(
      "evaluate", "Measure how well a model classifies the pictures of a folder");
  command->footer(kFooter);
  command->add_option("model", options.model_dir, "Model folder")
      ->required()
      ->check(CLI::ExistingDirectory);
  command->add_option("--images", options.images, "Folder of pictures")
      ->required()
      ->check(CLI::ExistingDirectory);
  command->add_option("--against", options.against_dir, "Model folder to compare with")
      ->check(CLI::ExistingDirectory);
  command->add_option("--precision", flags->precision,
                      "float32, bfloat16 or int8; without: int8 for a quantized model");
  command->add_option("--against-precision", flags->against_precision,
                      "The other model's; without --against, of this model itself");
  command->add_option("--size", flags->size, "Height and width of the input, in pixels")
      ->check(CLI::Range(1, kMaxImageSide));
  command
      ->add_option("--max-images", options.max_images, "Pictures to use, chosen at random; 0: all")
      ->check(CLI::Range(std::size_t{0}, kMaxImages));
  command
      ->add_option("--views", options.views,
                   "Views of each picture: itself, then crops and flips of it")
      ->check(CLI::Range(1, kMaxViews))
      ->capture_default_str();
  command->add_option("--threads", flags->threads, "Threads a run")
      ->check(CLI::Range(1, kMaxThreads))
      ->capture_default_str();
  command->add_option("--confusion", flags->confusion,
                      "Write the confusion matrix to PREFIX.csv and PREFIX.png");
  command->add_flag("--json", flags->json, "For programs");
  command->callback([flags, &run] { run = [flags] { return Evaluate(*flags); }; });
}

}  // namespace avocet
