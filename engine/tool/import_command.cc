#include "engine/tool/import_command.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/status.h"
#include "engine/checkpoint/preprocess_names.h"
#include "engine/tool/import_model.h"
#include "engine/tool/output_folder.h"

namespace avocet {
namespace {

constexpr int kMaxImageSide = 4096;  // pixels, as in config.json

struct Flags {
  ImportOptions options;
  std::string output;
  std::string interpolation;
  std::vector<float> mean;
  std::vector<float> std;
};

std::optional<std::array<float, 3>> Colours(const std::vector<float>& values) {
  if (values.empty()) return std::nullopt;
  return std::array<float, 3>{values[0], values[1], values[2]};
}

std::string Text(const ImportedModel& model) {
  const PreprocessConfig& preprocess = model.preprocess;
  std::string text = absl::StrFormat("%d tensors with names of %s", model.tensors, model.source);
  if (!model.container.empty()) {
    absl::StrAppendFormat(&text, ", from \"%s\"; %d beside it left out", model.container,
                          model.left_out);
  }
  const std::string interpolation(NameOf(kInterpolationNames, preprocess.interpolation));
  absl::StrAppendFormat(
      &text,
      "\n%d classes; images of %d x %d pixels, %s, crop %.4g, mean %.4g %.4g %.4g, std %.4g %.4g "
      "%.4g\nwritten to %s\n",
      model.classes, preprocess.height, preprocess.width, interpolation, preprocess.crop_pct,
      preprocess.mean[0], preprocess.mean[1], preprocess.mean[2], preprocess.std[0],
      preprocess.std[1], preprocess.std[2], model.folder);
  return text;
}

absl::Status Import(Flags flags) {
  ImportOptions& options = flags.options;
  options.output = NextVersionOf(flags.output);
  options.mean = Colours(flags.mean);
  options.std = Colours(flags.std);
  if (!flags.interpolation.empty()) {
    options.interpolation = ChoiceOf(kInterpolationNames, flags.interpolation);
    if (!options.interpolation) {
      return absl::InvalidArgumentError(absl::StrCat("--interpolation: expected one of ",
                                                     ChoiceNames(kInterpolationNames), ", found \"",
                                                     flags.interpolation, "\""));
    }
  }
  ASSIGN_OR_RETURN(const ImportedModel model, ImportModel(options));
  std::fputs(Text(model).c_str(), stdout);
  return absl::OkStatus();
}

constexpr char kFooter[] = R"(Examples:
  avocet-model import resnet50.safetensors --model resnet50 --output models/resnet50
  avocet-model import convnext_tiny_1k.safetensors --model convnext_tiny --output models/tiny
  avocet-model import finetuned.safetensors --model vgg16 --output models/birds --labels birds.txt

Takes names of timm, of torchvision (ResNet, VGG) and of Facebook's ConvNeXt, V1 and V2, also inside
of "state_dict", "model", "state_dict_ema" and "model_ema" and with the prefixes "module." and
"_orig_mod."; float32, float16 and bfloat16. A file of weights does not say how images were
prepared: what was assumed is printed, and can be given.)";

}  // namespace

void AddImportCommand(CLI::App& app, std::function<absl::Status()>& run) {
  auto flags = std::make_shared<Flags>();
  ImportOptions& options = flags->options;
  CLI::App* command = app.add_subcommand("import", "Make a model folder of a .safetensors file");
  command->footer(kFooter);
  command->add_option("file", options.file, ".safetensors file")
      ->required()
      ->check(CLI::ExistingFile);
  command->add_option("--model", options.architecture, "Architecture, one of `list`")->required();
  command
      ->add_option("--output", flags->output, "MODELS/NAME, of which the next version is written")
      ->required();
  command->add_option("--labels", options.labels, "Names of the classes, one a line, or JSON")
      ->check(CLI::ExistingFile);
  command->add_option("--size", options.size, "Height and width of the input, in pixels")
      ->check(CLI::Range(1, kMaxImageSide));
  command->add_option("--crop-pct", options.crop_pct, "Share of the resized image that is kept")
      ->check(CLI::Range(0.01, 1.0));
  command->add_option("--interpolation", flags->interpolation, "bilinear, bicubic or lanczos");
  command->add_option("--mean", flags->mean, "Of red, green and blue in [0, 1]")->expected(3);
  command->add_option("--std", flags->std, "Likewise")->expected(3)->check(CLI::PositiveNumber);
  command->callback([flags, &run] { run = [flags] { return Import(*flags); }; });
}

}  // namespace avocet
