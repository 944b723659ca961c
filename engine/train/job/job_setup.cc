#include "engine/train/job/job_setup.h"

#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/base/precision.h"
#include "engine/base/status.h"
#include "engine/checkpoint/json_document.h"
#include "engine/checkpoint/model_config.h"
#include "engine/onednn/precision_speed.h"
#include "engine/train/data/open_dataset.h"
#include "engine/train/job/config_file.h"
#include "engine/train/job/config_options.h"
#include "engine/train/job/data_identity.h"
#include "engine/train/job/job_check.h"
#include "engine/train/job/publish.h"
#include "engine/train/mpi/agreement.h"

namespace avocet {
namespace {

using train::v1::TrainingConfig;

// In the folder of a checkpoint.
constexpr char kCheckpointModel[] = "model/config.json";

absl::StatusOr<TrainingData> OpenData(const TrainingConfig& config) {
  if (config.data().data().empty()) {
    return absl::InvalidArgumentError("no images to train on: the argument DATA is missing");
  }
  return OpenDataset(config.data().data(),
                     {.validation_path = config.data().validation(),
                      .validation_fraction = config.data().validation_fraction(),
                      .seed = config.run().seed()});
}

absl::StatusOr<std::string> OutputOf(const TrainingConfig& given) {
  if (!given.outputs().output().empty()) return given.outputs().output();
  return absl::InvalidArgumentError("where to? --output RUN_DIR is missing");
}

// Machines with their own copies of the images may have different ones, and then not even the
// number of steps is the same.
absl::Status CheckSameData(const TrainingData& data, ProcessGroup* group) {
  const std::string mine = SizesOf(data);
  const std::string first = BroadcastText(group, 0, mine);
  absl::Status status;
  if (mine != first) {
    status = absl::FailedPreconditionError(
        absl::StrCat("found ", mine, ", where the first process found ", first));
  }
  return Agree(group, status);
}

// The first process's choice, and written down with the rest: a measurement may end otherwise when
// the run is resumed, or elsewhere.
void ResolvePrecision(TrainingConfig& config, ProcessGroup* group) {
  if (config.run().precision() != "auto") return;
  std::string chosen;
  if (IsFirst(group)) chosen = PrecisionName(FasterPrecision(config.run().threads()));
  config.mutable_run()->set_precision(BroadcastText(group, 0, chosen));
}

// All weights of a run that goes on come from its checkpoint, and so does what a pretrained model
// said about preprocessing: `model_config` is the config.json of the checkpoint's model.
absl::StatusOr<TrainedNetwork> NetworkToGoOn(TrainingConfig config,
                                             const std::vector<std::string>& class_names,
                                             const std::string& model_config) {
  absl::StatusOr<ModelConfig> model = ParseModelConfig(
      model_config,
      absl::StrCat(config.outputs().output(), "/checkpoints/last/", kCheckpointModel));
  if (!model.ok()) return absl::DataLossError(model.status().message());
  config.mutable_network()->clear_pretrained();
  ASSIGN_OR_RETURN(TrainedNetwork network, SetUpNetwork(config, class_names));
  network.model = *std::move(model);
  return network;
}

// Images and network of a configuration that is resolved but for the precision. `model_config`:
// empty for a run that begins.
absl::StatusOr<Job> JobOf(TrainingConfig config, const std::string& model_config,
                          ProcessGroup* group) {
  ResolvePrecision(config, group);
  RETURN_IF_ERROR(CheckShares(config, group == nullptr ? 1 : group->size()));
  Job job;
  job.config = std::move(config);
  ASSIGN_OR_RETURN(job.data, Agree(group, OpenData(job.config)));
  RETURN_IF_ERROR(CheckSameData(job.data, group));
  const std::vector<std::string>& names = job.data.train.class_names;
  ASSIGN_OR_RETURN(job.network, Agree(group, model_config.empty()
                                                 ? SetUpNetwork(job.config, names)
                                                 : NetworkToGoOn(job.config, names, model_config)));
  return job;
}

// Before anything is computed: whether what is wanted at the end can be had.
absl::Status CheckGoal(const TrainingConfig& config) {
  const std::string& model = config.outputs().publish();
  return model.empty() ? absl::OkStatus() : CheckPublish(model);
}

absl::Status CheckEarlyStopping(const Job& job) {
  const int patience = job.config.run().early_stopping();
  if (patience == 0 || job.data.validation.size() > 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("--early-stopping ", patience,
                   " needs images to validate on, and there are none: name some "
                   "with --validation, or take a part of DATA with --validation-fraction"));
}

absl::StatusOr<TrainingConfig> Resolve(TrainingConfig config) {
  RETURN_IF_ERROR(ResolveNetwork(config));
  ASSIGN_OR_RETURN(const int channels, InputChannels(config));
  RETURN_IF_ERROR(ResolveConfig(channels, config));
  return config;
}

absl::StatusOr<std::unique_ptr<RunFolder>> OpenFolder(const std::string& output) {
  ASSIGN_OR_RETURN(RunFolder folder, RunFolder::Open(output));
  return std::make_unique<RunFolder>(std::move(folder));
}

absl::StatusOr<std::unique_ptr<RunFolder>> NewFolder(const std::string& output,
                                                     const TrainingConfig& config) {
  ASSIGN_OR_RETURN(std::unique_ptr<RunFolder> folder, OpenFolder(output));
  if (!folder->Last().empty()) {
    return absl::AlreadyExistsError(absl::StrCat(
        output, ": there is a run already; go on with it by --resume, or choose another folder"));
  }
  RETURN_IF_ERROR(WriteConfigFile(folder->config_file(), config));
  return folder;
}

// What the first process finds in the folder of a run that goes on.
struct OldRun {
  std::unique_ptr<RunFolder> folder;
  TrainingConfig config;
  std::string model_config;  // config.json of the last checkpoint's model; empty without one
};

absl::StatusOr<OldRun> OpenOldRun(const std::string& output) {
  std::error_code ignored;
  if (!std::filesystem::exists(std::filesystem::path(output) / "config.textproto", ignored)) {
    return absl::NotFoundError(absl::StrCat(output, ": there is no run to resume"));
  }
  OldRun run;
  ASSIGN_OR_RETURN(run.folder, OpenFolder(output));
  absl::StatusOr<TrainingConfig> config = ReadConfigFile(run.folder->config_file());
  // It was right when it was written.
  if (!config.ok()) return absl::DataLossError(config.status().message());
  run.config = *std::move(config);
  MakePathsAbsolute(run.config);  // earlier versions recorded them as they were typed
  if (run.folder->Last().empty()) return run;
  absl::StatusOr<std::string> text = ReadTextFile(run.folder->Last() / kCheckpointModel);
  if (!text.ok()) return absl::DataLossError(text.status().message());
  run.model_config = *std::move(text);
  return run;
}

// What the first process found.
absl::Status Share(OldRun& run, ProcessGroup* group) {
  run.model_config = BroadcastText(group, 0, run.model_config);
  if (run.config.ParseFromString(BroadcastText(group, 0, run.config.SerializeAsString()))) {
    return absl::OkStatus();
  }
  return absl::InternalError("the first process's configuration arrived damaged");
}

}  // namespace

absl::StatusOr<Job> NewJob(const TrainingConfig& given, ProcessGroup* group) {
  TrainingConfig config = given;
  MakePathsAbsolute(config);
  ASSIGN_OR_RETURN(const std::string output, OutputOf(config));
  ASSIGN_OR_RETURN(config, Agree(group, Resolve(std::move(config))));
  RETURN_IF_ERROR(Agree(group, IsFirst(group) ? CheckGoal(config) : absl::OkStatus()));
  ASSIGN_OR_RETURN(Job job, JobOf(std::move(config), /*model_config=*/"", group));
  RETURN_IF_ERROR(CheckEarlyStopping(job));
  RETURN_IF_ERROR(
      Agree(group, CheckJob(job.config, job.data, job.network.model.preprocess, job.network.graph,
                            group == nullptr ? Shard{} : Shard{group->rank(), group->size()})));
  absl::StatusOr<std::unique_ptr<RunFolder>> folder = nullptr;
  if (IsFirst(group)) folder = NewFolder(output, job.config);
  ASSIGN_OR_RETURN(job.folder, Agree(group, std::move(folder)));
  return job;
}

absl::StatusOr<Job> OldJob(const TrainingConfig& given, ProcessGroup* group) {
  TrainingConfig now = given;
  MakePathsAbsolute(now);
  ASSIGN_OR_RETURN(const std::string output, OutputOf(now));
  absl::StatusOr<OldRun> found = OldRun();
  if (IsFirst(group)) found = OpenOldRun(output);
  ASSIGN_OR_RETURN(OldRun run, Agree(group, std::move(found)));
  RETURN_IF_ERROR(Share(run, group));
  ASSIGN_OR_RETURN(TrainingConfig config, Agree(group, ResumeConfig(std::move(run.config), now)));
  RETURN_IF_ERROR(Agree(group, IsFirst(group) ? CheckGoal(config) : absl::OkStatus()));
  ASSIGN_OR_RETURN(Job job, JobOf(std::move(config), run.model_config, group));
  job.folder = std::move(run.folder);
  absl::Status written;
  if (job.folder != nullptr) written = WriteConfigFile(job.folder->config_file(), job.config);
  RETURN_IF_ERROR(Agree(group, written));
  return job;
}

}  // namespace avocet
