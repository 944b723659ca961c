#include "engine/train/job/model_output.h"

#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "engine/base/status.h"
#include "engine/checkpoint/model_config_writer.h"
#include "engine/checkpoint/safetensors_writer.h"
#include "google/protobuf/text_format.h"

namespace avocet {
namespace {

namespace fs = std::filesystem;

Metadata MetadataOf(const train::v1::TrainingConfig& config, const Progress& progress) {
  google::protobuf::TextFormat::Printer printer;
  printer.SetSingleLineMode(true);
  std::string configuration;
  printer.PrintToString(config, &configuration);
  Metadata metadata = {{"format", "pt"},
                       {"avocet_version", AVOCET_VERSION},
                       {"data", config.data().data()},
                       {"configuration", configuration},
                       {"epochs", absl::StrCat(progress.epoch)},
                       {"steps", absl::StrCat(progress.step)}};
  if (progress.best_top1 >= 0) metadata["best_top1"] = absl::StrCat(progress.best_top1);
  return metadata;
}

}  // namespace

absl::Status WriteModel(const fs::path& folder, const train::v1::TrainingConfig& config,
                        const TrainedNetwork& network, const Parameters& parameters,
                        const Progress& progress) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    return absl::ErrnoToStatus(error.value(), absl::StrCat(folder.string(), ": cannot create"));
  }
  RETURN_IF_ERROR(WriteModelConfig(folder.string(), network.model));
  return WriteSafetensors(folder / "model.safetensors",
                          ModelTensors(network, parameters, progress.step),
                          MetadataOf(config, progress));
}

}  // namespace avocet
